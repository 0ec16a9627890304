"""Bulletins that are worked on, and what was issued."""

from typing import TYPE_CHECKING

from tests.isolation.posting import post

if TYPE_CHECKING:
    from tests.isolation.worlds import Province

_AUDIENCE = ["offices", "schools", "staff", "families"]


def draft(world: "Province", actor: str, place: str = "school") -> int:
    """A bulletin of the school or the county that anybody there may still change."""
    writer = {"school": "school_reporter", "county": "county_admin"}[place]
    made = post(world, f"/institutions/{world.ids[place]}/bulletins", {}, writer)
    said = {"title": f"动态{world.name}", "text": f"{world.name}{actor}", "audience": _AUDIENCE}
    headers = world.headers(writer, "")
    answer = world.tree.client.put(f"/api/v1/bulletins/{made['id']}", json=said, headers=headers)
    assert answer.is_success, answer.text
    return int(made["id"])


def submitted(world: "Province", actor: str) -> int:
    """One that waits for its review."""
    bulletin = draft(world, actor)
    post(world, f"/bulletins/{bulletin}/submissions", {}, "school_reporter")
    return bulletin


def issue(world: "Province", actor: str, place: str = "school") -> int:
    """One that was issued to everybody."""
    issuer = {"school": "principal", "county": "county_admin"}[place]
    return int(post(world, f"/bulletins/{draft(world, actor, place)}/issues", {}, issuer)["id"])


def grow(world: "Province") -> None:
    """One of each that stands in the world."""
    world.ids["bulletin"] = draft(world, "")
    world.ids["bulletin_issue"] = issue(world, "")
