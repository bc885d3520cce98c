import StentPolicy
import StentProxy

extension MetricsPage {
    /// How the upstream servers stand.
    static func servers(_ metrics: WorkerMetrics, _ page: inout PrometheusText) {
        let servers = metrics.upstreamServers.sorted { $0.key < $1.key }
        page.add(
            "stent_upstream_server_state", .gauge, "Workers that see the server in this state.",
            servers.flatMap { label, server in
                Balancer.State.allCases.map { state in
                    ([("server", label), ("state", state.rawValue)], Double(server.states[state] ?? 0))
                }
            })
        page.add(
            "stent_upstream_ejections_total", .counter, "Ejections of the server, by all workers.",
            servers.map { label, server in ([("server", label)], Double(server.ejections)) })
    }
}
