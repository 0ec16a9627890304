import type zh from '../zh-CN'
import app from './app'
import family from './family'
import gate from './gate'
import office from './office'
import policies from './policies'
import roll from './roll'
import school from './school'

const en: typeof zh = { app, family, gate, office, policies, roll, school }
export default en
