import type zh from '../zh-CN'
import app from './app'
import family from './family'
import office from './office'
import school from './school'

const en: typeof zh = { app, family, office, school }
export default en
