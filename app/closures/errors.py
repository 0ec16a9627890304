"""Why a venue or an order cannot be made or changed."""

from app.kernel.errors import CONSTRAINTS, Problem
from app.kernel.validation import FIELD_TEXTS


class VenueNameTaken(Problem):
    """Two venues of a school in use share a name."""

    status = 409
    code = "venue_name_taken"
    zh = "已有同名的场馆。"
    en = "There is already a venue of this name."


class VenueRetired(Problem):
    """Venues that are in use no more keep their history and take no changes."""

    status = 409
    code = "venue_retired"
    zh = "该场馆已停用, 不能再更改。"
    en = "The venue is in use no more; it cannot be changed."


class VenueInUse(Problem):
    """A campus in which venues still stand."""

    status = 409
    code = "venue_in_use"
    zh = "该校区内仍有 {count} 个场馆; 请先移出或停用。"
    en = "{count} venues still stand in this campus; move or retire them first."


class CampusWrong(Problem):
    """A venue stands in a campus of its own school that is in use; a campus stands in none."""

    status = 422
    code = "campus_wrong"
    zh = "场馆只能设在本校在用的校区内, 校区不能设在另一校区内。"
    en = "A venue stands in a campus of its school that is in use; a campus stands in no other."


class OnlySchoolsHaveVenues(Problem):
    """Offices have no campuses; an order that names venues is for one school."""

    status = 422
    code = "only_schools_have_venues"
    zh = "只有学校有校区和场馆。"
    en = "Only schools have campuses and venues."


class ClosureNumberTaken(Problem):
    """An issuer numbers its orders for a place once."""

    status = 409
    code = "closure_number_taken"
    zh = "该机构对此范围已有同一文号的封闭管理令。"
    en = "This issuer has already given an order of this number here."


class ClosureOver(Problem):
    """Nothing of the order holds at that moment or later, so there is nothing to amend or lift."""

    status = 409
    code = "closure_over"
    zh = "该封闭管理令届时已不再生效。"
    en = "The order does not hold at that moment any more."


class ClosureOfAbove(Problem):
    """Only the level that issued an order, or one above it, may amend or lift it. Says who that is."""

    status = 403
    code = "closure_of_above"
    zh = "该封闭管理令由{issuer}发布, 只能由其或其上级变更、解除。"
    en = "The order was issued by {issuer}; only they, or a level above them, may amend or lift it."


CONSTRAINTS.register("uq_venue_name", VenueNameTaken)
CONSTRAINTS.register("uq_closure_order_number", ClosureNumberTaken)
FIELD_TEXTS.update(
    {
        "moments_in_order": ("moments_in_order", "结束须晚于开始。", "It ends after it begins."),
        "one_extent": ("one_extent", "场馆类别与具体场馆只能选其一。", "Name kinds of venues or venues, not both."),
        "whole_campus": (
            "whole_campus",
            "整体封闭时不要列出校区类别。",
            "To close whole campuses, name no kinds, or the campus itself.",
        ),
    }
)
