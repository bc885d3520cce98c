extension WireParser {
    mutating func clientStep() throws(WireSyntaxError) -> WireStep<WireClient.Action> {
        let token = current
        let action: WireClient.Action =
            switch try word("a step") {
            case "send": .send(try payload(), piece: nil)
            case "send-split": try split { .send($0, piece: $1) }
            case "shutdown-write": .shutdownWrite
            case "close": .close
            case "reset": .reset
            case "signal": .signal(try word("a signal"))
            case "wait": .wait(try word("a signal"))
            case "expect": try clientExpectation()
            default: throw WireSyntaxError("\(token.shown) is nothing that a client does", at: token.place)
            }
        return WireStep(place: token.place, action: action)
    }

    private mutating func clientExpectation() throws(WireSyntaxError) -> WireClient.Action {
        let token = current
        switch try word("an expectation") {
        case "interim": return .expectInterim(try number("a status"))
        case "status":
            let status = try number("a status")
            return .expectStatus(status, withoutBody: takes("without-body"))
        case "refusal":
            let status = try number("a status")
            return .expectRefusal(status, reason: try text("a reason"))
        case "header": return .expectHeader(try text("a field name"), try match())
        case "body": return .expectBody(try bodyMatch())
        case "json": return .expectJSON(try text("a path"), try match())
        case "closed": return .expectClosed
        case "reset": return .expectReset
        case "truncated": return .expectTruncated
        case "open": return .expectOpen
        case "no-more": return .expectNoMore
        default: throw WireSyntaxError("\(token.shown) is nothing that a client expects", at: token.place)
        }
    }

    mutating func upstreamStep() throws(WireSyntaxError) -> WireStep<WireUpstream.Action> {
        let token = current
        let action: WireUpstream.Action =
            switch try word("a step") {
            case "accept": .accept
            case "refuse": .refuse
            case "answer": .send(WireUpstream.plainAnswer, piece: nil)
            case "send": .send(try payload(), piece: nil)
            case "send-split": try split { .send($0, piece: $1) }
            case "shutdown-write": .shutdownWrite
            case "close": .close
            case "reset": .reset
            case "signal": .signal(try word("a signal"))
            case "wait": .wait(try word("a signal"))
            case "expect": try upstreamExpectation()
            default: throw WireSyntaxError("\(token.shown) is nothing that an upstream does", at: token.place)
            }
        return WireStep(place: token.place, action: action)
    }

    private mutating func upstreamExpectation() throws(WireSyntaxError) -> WireUpstream.Action {
        let token = current
        switch try word("an expectation") {
        case "request": return .expectRequest(try text("a request line"))
        case "head": return .expectHead(try payload())
        case "header": return .expectHeader(try text("a field name"), try match())
        case "body": return .expectBody(try bodyMatch())
        case "truncated": return .expectTruncated
        case "closed": return .expectClosed
        case "no-connection": return .expectNoConnection
        case "no-request": return .expectNoRequest
        case "requests": return .expectRequests(try number("how many"))
        case "whole-requests": return .expectWholeRequests(try number("how many"))
        case "connections": return .expectConnections(try number("how many"))
        default: throw WireSyntaxError("\(token.shown) is nothing that an upstream expects", at: token.place)
        }
    }

    mutating func auditStep() throws(WireSyntaxError) -> WireStep<WireAudit.Action> {
        let token = current
        switch try word("a step") {
        case "line":
            let place = current.place
            let number = try number("a line")
            guard number >= 1 else { throw WireSyntaxError("lines are counted from 1", at: place) }
            return WireStep(place: token.place, action: .line(number))
        case "expect": return WireStep(place: token.place, action: try auditExpectation())
        default: throw WireSyntaxError("\(token.shown) is nothing that an audit block has", at: token.place)
        }
    }

    private mutating func auditExpectation() throws(WireSyntaxError) -> WireAudit.Action {
        let token = current
        switch try word("an expectation") {
        case "lines": return .expectLines(try number("how many"))
        case "reason": return .expectReason(try text("a reason"))
        case "status": return .expectStatus(try number("a status"))
        case "tries": return .expectTries(try number("how many"))
        case "cause": return .expectCause(try text("a reason"))
        case "outcome": return .expectOutcome(try text("an outcome"))
        case "field":
            let path = try text("a path")
            return .expectField(path, try match())
        case "no-text": return .expectNoText(try text("a text"))
        default: throw WireSyntaxError("\(token.shown) is nothing that an audit line has", at: token.place)
        }
    }

    private mutating func split<Action>(_ make: ([UInt8], Int) -> Action) throws(WireSyntaxError) -> Action {
        let place = current.place
        let piece = try number("the size of a piece")
        guard piece > 0 else { throw WireSyntaxError("a piece has at least one byte", at: place) }
        return make(try payload(), piece)
    }
}

extension WireUpstream {
    /// What the default upstream answers, and `answer` sends.
    static let plainAnswer = Array("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello".utf8)
}
