-- Which request wrk sends, and its results as one line that scripts/bench reads:
--   wrk-result requests microseconds connect read write status timeout p50 p99     (latencies in microseconds)

function init(arguments)
   local case = arguments[1]
   if case == "post" then
      wrk.method = "POST"
      wrk.headers["Content-Type"] = "application/json"
      wrk.body = '{"title":"Check-up","body":"' .. string.rep("well ", 36) .. '","patient_id":1,"staff_id":1}'
   elseif case == "create" then
      -- A note of 1 KiB by staff1 (`staff1:secret1`).
      wrk.method = "POST"
      wrk.path = "/notes"
      wrk.headers["Authorization"] = "Basic c3RhZmYxOnNlY3JldDE="
      wrk.headers["Content-Type"] = "application/json"
      wrk.body = '{"title":"Check-up","body":"' .. string.rep("well ", 190) .. '","patient_id":1,"staff_id":1}'
   elseif case == "hit" then
      wrk.path = "/hit"
   elseif case == "close" then
      wrk.headers["Connection"] = "close"
   end
   wrk.headers["User-Agent"] = "stent-bench"
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format("wrk-result %d %d %d %d %d %d %d %d %d\n", summary.requests, summary.duration,
      errors.connect, errors.read, errors.write, errors.status, errors.timeout,
      latency:percentile(50), latency:percentile(99)))
end
