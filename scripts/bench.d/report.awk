# Turns the rows of scripts/bench into its tables: medians over the rounds, and ratios to nginx.
#
# A row is: case subject round requests microseconds ticks core-ticks errors p50 p99 arrived
# or:       memory subject KiB
function median(list, count,    i, j, t) {
    for (i = 2; i <= count; i++) {
        t = list[i]
        for (j = i - 1; j >= 1 && list[j] > t; j--) list[j + 1] = list[j]
        list[j + 1] = t
    }
    return count % 2 ? list[(count + 1) / 2] : (list[count / 2] + list[count / 2 + 1]) / 2
}
# The median over the rounds of one column; its extremes go to `low` and `high`.
function column(name, key,    i, count, list) {
    count = rounds[key]
    for (i = 1; i <= count; i++) list[i] = value[name, key, i]
    middle = median(list, count)
    low = list[1]
    high = list[count]
    return middle
}
$1 == "memory" { memory[$2] = $3; next }
{
    key = $1 SUBSEP $2
    if (!($1 in seen)) { seen[$1]; order[++caseCount] = $1 }
    if (!(key in rounds)) member[$1, ++members[$1]] = $2
    n = ++rounds[key]
    value["rate", key, n] = $4 * 1e6 / $5
    value["cpu", key, n] = $6 * 1e6 / hertz / $4
    value["others", key, n] = $7 > $6 ? ($7 - $6) * 100 * 1e6 / hertz / $5 : 0
    value["p50", key, n] = $9 / 1000
    value["p99", key, n] = $10 / 1000
    errors[key] += $8
    bad += $8 > 0
}
END {
    for (c = 1; c <= caseCount; c++) {
        case = order[c]
        base = case SUBSEP "nginx"
        if (base in rounds) { baseCPU = column("cpu", base); baseRate = column("rate", base) } else baseCPU = 0
        printf "| %-5s | CPU us/request | low..high | / nginx | requests/s | / nginx | p50 ms | p99 ms | errors | others %% | idle MiB |\n", case
        printf "|---|---|---|---|---|---|---|---|---|---|---|\n"
        for (m = 1; m <= members[case]; m++) {
            subject = member[case, m]
            key = case SUBSEP subject
            cpu = column("cpu", key)
            printf "| %s | %.1f | %.1f..%.1f | ", subject, cpu, low, high
            if (baseCPU) printf "%.2f | ", cpu / baseCPU; else printf "- | "
            rate = column("rate", key)
            printf "%.0f | ", rate
            if (baseCPU) printf "%.2f | ", rate / baseRate; else printf "- | "
            printf "%.2f | %.2f | %d | ", column("p50", key), column("p99", key), errors[key]
            printf "%.0f | %.1f |\n", column("others", key), memory[subject] / 1024
        }
        printf "\n"
    }
    plain = "create" SUBSEP "stent"
    ruled = "create" SUBSEP "stent+rules"
    if (plain in rounds && ruled in rounds) {
        count = rounds[plain] < rounds[ruled] ? rounds[plain] : rounds[ruled]
        for (i = 1; i <= count; i++) cost[i] = value["cpu", ruled, i] - value["cpu", plain, i]
        middle = median(cost, count)
        printf "identity, contract and ownership add %.1f us of CPU to a create of 1 KiB (%.1f..%.1f, round by round)\n", \
            middle, cost[1], cost[count]
    }
    hit = "hit" SUBSEP "stent"
    for (m = 1; hit in rounds && m <= 2; m++) {
        peer = m == 1 ? "haproxy" : "haproxy+log"
        key = "hit" SUBSEP peer
        if (!(key in rounds)) continue
        count = rounds[hit] < rounds[key] ? rounds[hit] : rounds[key]
        for (i = 1; i <= count; i++) cost[i] = value["cpu", key, i] ? value["cpu", hit, i] / value["cpu", key, i] : 0
        middle = median(cost, count)
        printf "%s a hit costs stent %.2f times the CPU that it costs %s (%.2f..%.2f, round by round), aim < 1\n", \
            (middle < 1 ? "held     " : "NOT HELD "), middle, peer, cost[1], cost[count]
    }
    if (bad) printf "INVALID: %d measurements met errors\n", bad
}
