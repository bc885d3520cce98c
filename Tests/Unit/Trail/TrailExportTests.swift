import StentModel
import StentTrail
import Testing

@Suite struct TrailExportTests {
    private func export(_ line: String, _ form: TrailExport) throws -> String {
        let record = try Lines.record(line)
        return try #require(form.line(record))
    }

    @Test func `a CSV line has the columns of its head, quoted where needed and never a formula`() throws {
        #expect(
            try export(Lines.read, .csv)
                == "2026-03-01T09:30:00.123456Z,7,0195f0c2-7a3b-7c11-9d2e-5b8a4c6f1e20,203.0.113.7,staff7,7,GET,/patients/12,"
                + "patients,,,,200,exchange.answered,,,,miss,2,148.201,0.018,61.440,0,1833,,,curl/8.5.0\r\n")
        let broken = try export(Lines.broken, .csv)
        #expect(broken.contains(",'=cmd,"))
        #expect(broken.contains(",\"say \"\"hi\"\", \u{1B}[31m\"\r\n"))
        #expect(TrailExport.csv.head.split(separator: ",").count == 27)
    }

    @Test func `an ECS line holds what the line says`() throws {
        #expect(
            try export(Lines.read, .ecs)
                == #"{"@timestamp":"2026-03-01T09:30:00.123456Z","ecs":{"version":"8.11.0"},"event":{"kind":"event","category":["web"],"type":["access"],"provider":"stent","dataset":"stent.audit","action":"exchange","outcome":"success","reason":"exchange.answered","duration":148201000,"sequence":7,"hash":"ab"},"http":{"version":"1.1","request":{"id":"0195f0c2-7a3b-7c11-9d2e-5b8a4c6f1e20","method":"GET","body":{"bytes":0}},"response":{"status_code":200,"body":{"bytes":1833}}},"url":{"path":"/patients/12","domain":"hosp.example","port":8443},"client":{"ip":"203.0.113.7"},"source":{"ip":"10.0.0.2","port":41122},"user":{"name":"staff7","id":"7"},"user_agent":{"original":"curl/8.5.0"},"stent":{"listener":"https","route":"patients","cache":"miss","retry":"retry.cause-listed","tries":2,"queue_ms":0.018,"backoff_ms":61.440}}"#
                + "\n")
    }

    @Test func `an OCSF line is an API Activity`() throws {
        #expect(
            try export(Lines.refused, .ocsf)
                == #"{"category_uid":6,"class_uid":6003,"activity_id":4,"type_uid":600304,"time":1772357460000,"severity_id":1,"status_id":2,"status_code":"403","status_detail":"ownership.not-owner","duration":0,"metadata":{"version":"1.3.0","product":{"name":"stent","vendor_name":"stent"},"log_name":"audit","original_time":"2026-03-01T09:31:00.000000Z"},"actor":{"user":{"name":"staff9","uid":"9"}},"src_endpoint":{"ip":"203.0.113.8","port":41122},"api":{"operation":"DELETE {PATCH,PUT,DELETE} /notes/{id}","request":{"uid":"id-2"},"response":{"code":403}},"http_request":{"http_method":"DELETE","url":{"hostname":"hosp.example","path":"/notes/12"},"length":0},"http_response":{"code":403,"length":268},"resources":[{"type":"note","uid":"12","owner":{"uid":"3"}}],"unmapped":{"outcome":"rejected","tries":0,"decisions":[{"policy":"ownership","mode":"enforce","result":"refused","reason":"ownership.not-owner"}]}}"#
                + "\n")
    }

    @Test func `a FHIR line is an AuditEvent`() throws {
        #expect(
            try export(Lines.refused, .fhir)
                == #"{"resourceType":"AuditEvent","type":{"system":"http://terminology.hl7.org/CodeSystem/audit-event-type","code":"rest","display":"RESTful Operation"},"action":"D","period":{"start":"2026-03-01T09:31:00.000000Z"},"recorded":"2026-03-01T09:31:00.000000Z","outcome":"4","outcomeDesc":"ownership.not-owner","agent":[{"who":{"identifier":{"value":"9"}},"altId":"staff9","requestor":true,"network":{"address":"203.0.113.8","type":"2"}}],"source":{"observer":{"display":"stent"}},"entity":[{"what":{"identifier":{"value":"id-2"}},"name":"DELETE /notes/12","detail":[{"type":"status","valueString":"403"},{"type":"route","valueString":"{PATCH,PUT,DELETE} /notes/{id}"},{"type":"outcome","valueString":"rejected"},{"type":"refused","valueString":"ownership.not-owner (enforce)"}]},{"what":{"identifier":{"value":"12"}},"name":"note","detail":[{"type":"owner","valueString":"3"}]}]}"#
                + "\n")
    }

    @Test
    func `what is not known is left out: no outcome for a write of which nobody knows, no create for a screening`()
        throws
    {
        let fhir = try export(Lines.broken, .fhir)
        #expect(!fhir.contains(#""outcome":"#))
        #expect(fhir.contains(#""action":"E""#))
        #expect(try export(Lines.broken, .ocsf).contains(#""activity_id":99,"activity_name":"POST""#))
        #expect(try export(Lines.broken, .ecs).contains(#""outcome":"unknown""#))
        #expect(try export(Lines.own, .ocsf).contains(#""actor":{"user":{"type_id":0}}"#))
    }

    @Test(arguments: TrailExport.allCases) func `only finished exchanges are exported`(form: TrailExport) throws {
        for line in [Lines.intent, Lines.event] {
            let record = try Lines.record(line)
            #expect(form.line(record) == nil)
        }
    }

    @Test(arguments: [TrailExport.ecs, .ocsf, .fhir]) func `every line is strict JSON`(form: TrailExport) throws {
        for line in [Lines.read, Lines.refused, Lines.broken, Lines.own] {
            let text = try export(line, form)
            #expect((try? JSONDocument(Array(text.utf8))) != nil)
            #expect(text.utf8.filter { $0 == 0x0A }.count == 1)
        }
    }
}
