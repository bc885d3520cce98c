import FuzzOracle

runFuzzer(fuzzRequests)
