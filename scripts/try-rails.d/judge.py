"""The invariant: no note exists, changes or vanishes but by its author."""


def violations(before, after, who):
    """Sentences, one for each note that somebody wrote who is not its author; `who` is None for nobody."""
    wrong = []
    for identifier in sorted(before.keys() | after.keys()):
        old, new = before.get(identifier), after.get(identifier)
        if old == new:
            continue
        if old is None and new["staff_id"] != who:
            wrong.append(f"note {identifier} by {new['staff_id']} was created by {who}")
        elif new is None and old["staff_id"] != who:
            wrong.append(f"note {identifier} by {old['staff_id']} was deleted by {who}")
        elif old and new and old["staff_id"] != who:
            wrong.append(f"note {identifier} by {old['staff_id']} was changed by {who}")
        elif old and new and new["staff_id"] != who:
            wrong.append(f"note {identifier} by {who} was given to {new['staff_id']}")
    return wrong
