import type zh from '../zh-CN/rooms'
import entries from './entries'
import gate from './gate'
import office from './office'
import policies from './policies'
import reporting from './reporting'
import roll from './roll'
import school from './school'

const en: typeof zh = { entries, gate, office, policies, reporting, roll, school }
export default en
