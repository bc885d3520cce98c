/// Lines of exchanges, as the trail has them.
enum Lines {
    static let read = #"""
        {"v":2,"time":"2026-03-01T09:30:00.123456Z","phase":"outcome","event":"exchange","id":"0195f0c2-7a3b-7c11-9d2e-5b8a4c6f1e20","listener":"https","protocol":"HTTP/1.1","client":"203.0.113.7","peer":"10.0.0.2","peer_port":41122,"actor":{"user":"staff7","id":"7"},"method":"GET","host":"hosp.example:8443","route":"patients","path":"/patients/12","agent":"curl/8.5.0","cache":"miss","status":200,"reason":"exchange.answered","retry":"retry.cause-listed","bytes_in":0,"bytes_out":1833,"duration_ms":148.201,"queue_ms":0.018,"backoff_ms":61.440,"tries":[{"start_ms":0.051,"duration_ms":41.882,"status":500,"cause":"upstream.status","reused":true},{"start_ms":103.400,"duration_ms":44.620,"status":200,"pause_ms":61.440,"reused":true}],"seq":7,"prev":"00","hash":"ab"}
        """#
    static let refused = #"""
        {"v":2,"time":"2026-03-01T09:31:00.000000Z","phase":"outcome","event":"exchange","id":"id-2","listener":"https","protocol":"HTTP/2","client":"203.0.113.8","peer_port":41122,"actor":{"user":"staff9","id":"9"},"method":"DELETE","host":"hosp.example","route":"{PATCH,PUT,DELETE} /notes/{id}","path":"/notes/12","resource":{"type":"note","id":"12","owner":"3"},"decisions":[{"policy":"ownership","mode":"enforce","result":"refused","reason":"ownership.not-owner"}],"status":403,"reason":"ownership.not-owner","outcome":"rejected","bytes_in":0,"bytes_out":268,"duration_ms":0.214,"queue_ms":0.000,"backoff_ms":0.000,"tries":[]}
        """#
    static let broken = #"""
        {"v":2,"time":"2026-03-01T10:00:00.000000Z","phase":"outcome","event":"exchange","id":"id-3","listener":"https","protocol":"HTTP/1.1","client":"203.0.113.9","peer_port":1,"actor":{"user":"=cmd"},"method":"POST","host":"hosp.example","route":"screen","path":"/patients/12/screen","agent":"say \"hi\", \u001b[31m","status":null,"reason":"upstream.reset","outcome":"unknown","bytes_in":10,"bytes_out":0,"duration_ms":30000.000,"queue_ms":0.000,"backoff_ms":0.000,"tries":[{"start_ms":0.000,"duration_ms":1.000,"status":null,"cause":"upstream.reset","reused":false}]}
        """#
    static let own = #"""
        {"v":2,"time":"2026-03-01T09:30:00.100000Z","phase":"outcome","event":"exchange","id":"id-4","listener":"own","protocol":"HTTP/1.1","purpose":"identity","for":"0195f0c2-7a3b-7c11-9d2e-5b8a4c6f1e20","client":null,"peer_port":0,"method":"GET","route":null,"path":"/staffs/me","status":200,"reason":"exchange.answered","bytes_in":0,"bytes_out":10,"duration_ms":1.000,"queue_ms":0.000,"backoff_ms":0.000,"tries":[]}
        """#
    static let intent = #"""
        {"v":2,"time":"2026-03-01T09:31:00.000000Z","phase":"intent","event":"exchange","id":"id-5","actor":{"user":"staff9"},"method":"DELETE","route":"notes","path":"/notes/13"}
        """#
    static let event = #"""
        {"v":2,"time":"2026-03-01T09:32:00.000000Z","event":"audit.rotated","details":{"segment":"audit-1.jsonl","bytes":12}}
        """#

    static let all = [read, refused, broken, own, intent, event]
    static let block = Array((all.joined(separator: "\n") + "\n").utf8)
}
