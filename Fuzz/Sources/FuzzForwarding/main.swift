import FuzzOracle

runFuzzer(fuzzForwarding)
