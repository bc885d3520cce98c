import FuzzOracle

runFuzzer(fuzzResponses)
