"""Reads Swift source far enough to look for things in code only: comments and string contents are blanked out."""

import re


def split(text):
    """Returns (code, comments): two texts as long as `text`, newlines kept.

    `code` has comments, string contents and the inside of raw identifiers replaced by spaces; `comments` has everything
    but comments replaced. Interpolated expressions count as string contents: nothing that the checks look for may hide
    there without the declaration around it showing.
    """
    code = []
    comments = []
    at = 0
    end = len(text)

    def emit(upto, into_code, into_comments):
        nonlocal at
        for character in text[at:upto]:
            blank = "\n" if character == "\n" else " "
            code.append(character if into_code else blank)
            comments.append(character if into_comments else blank)
        at = upto

    while at < end:
        two = text[at:at + 2]
        if two == "//":
            stop = text.find("\n", at)
            emit(end if stop < 0 else stop, False, True)
        elif two == "/*":
            emit(_block_comment_end(text, at), False, True)
        elif text[at] == "`":
            stop = text.find("`", at + 1)
            emit(at + 1, True, False)
            if stop >= 0:
                emit(stop, False, False)
                emit(stop + 1, True, False)
        elif text[at] == '"' or (text[at] == "#" and re.match(r'#+"', text[at:])):
            stop = _string_end(text, at)
            emit(at + 1, True, False)  # one quote stays, so that a literal still looks like an operand
            emit(stop, False, False)
        else:
            emit(at + 1, True, False)
    return "".join(code), "".join(comments)


def _block_comment_end(text, start):
    depth = 0
    at = start
    while at < len(text):
        two = text[at:at + 2]
        if two == "/*":
            depth += 1
            at += 2
        elif two == "*/":
            depth -= 1
            at += 2
            if depth == 0:
                return at
        else:
            at += 1
    return at


def _string_end(text, start):
    hashes = re.match(r"#*", text[start:]).group()
    opening = start + len(hashes)
    quote = '"""' if text.startswith('"""', opening) else '"'
    closing = quote + hashes
    escape = "\\" + hashes
    at = opening + len(quote)
    while at < len(text):
        if text.startswith(escape + "(", at):
            at = _interpolation_end(text, at + len(escape))
        elif text.startswith(escape, at):
            at += len(escape) + 1
        elif text.startswith(closing, at):
            return at + len(closing)
        elif quote == '"' and text[at] == "\n":
            return at  # not valid Swift; don't swallow the rest of the file
        else:
            at += 1
    return at


def _interpolation_end(text, start):
    depth = 0
    at = start
    while at < len(text):
        if text[at] == '"':
            at = _string_end(text, at)
            continue
        if text[at] == "(":
            depth += 1
        elif text[at] == ")":
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return at


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def excused(text, line):
    """Whether `line` (from 1), or the comment block straight above it, holds a `// proof:` comment."""
    lines = text.split("\n")
    if "// proof:" in lines[line - 1]:
        return True
    above = line - 2
    while above >= 0 and lines[above].strip().startswith("//"):
        if "// proof:" in lines[above]:
            return True
        above -= 1
    return False
