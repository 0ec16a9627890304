import type zh from '../zh-CN/rooms'
import gate from './gate'
import office from './office'
import policies from './policies'
import roll from './roll'
import school from './school'

const en: typeof zh = { gate, office, policies, roll, school }
export default en
