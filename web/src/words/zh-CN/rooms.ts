import entries from './entries'
import gate from './gate'
import office from './office'
import policies from './policies'
import reporting from './reporting'
import roll from './roll'
import school from './school'

// A room of its own brings a file of its own; see web/README.md.
export default { entries, gate, office, policies, reporting, roll, school }
