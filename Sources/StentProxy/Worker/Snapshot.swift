import StentCodec
import StentExchange
import StentModel
import StentPolicy

/// The settings in the form in which exchanges use them; immutable, taken once by each exchange.
package final class Snapshot: Sendable {
    package let settings: Settings
    let routes: RouteTable
    let requestRule: RequestRule
    let clientAddress: ClientAddress
    let attemptLimits: ExchangeMachine.Limits
    let headLimits: HeadLimits
    let timeouts: Timeouts
    /// Field line of Strict-Transport-Security; empty where it is off.
    let hsts: [UInt8]
    /// Port of the HTTPS listener, for redirects.
    let httpsPort: Int
    let redirectsToHTTPS: Bool

    /// `timeouts` as spans.
    struct Timeouts: Sendable {
        var tlsHandshake: TimeSpan
        var head: TimeSpan
        var bodyIdle: TimeSpan
        /// Bytes for each second.
        var bodyMinimumRate: Int
        var keepaliveIdle: TimeSpan
        var writeStall: TimeSpan
    }

    /// - Parameter httpsPort: the port that is really listened on; differs from the settings where those say 0.
    package init(_ settings: Settings, httpsPort: Int? = nil) {
        self.settings = settings
        routes = RouteTable(settings)
        requestRule = RequestRule(settings.requests)
        clientAddress = ClientAddress(trustedProxies: settings.listen.trustedProxies)
        attemptLimits = ExchangeMachine.Limits(settings.upstream)
        headLimits = HeadLimits(
            bytes: settings.limits.head.value, fields: settings.limits.fields, target: settings.limits.target.value)
        timeouts = Timeouts(
            tlsHandshake: TimeSpan(settings.timeouts.tlsHandshake),
            head: TimeSpan(settings.timeouts.head),
            bodyIdle: TimeSpan(settings.timeouts.bodyIdle),
            bodyMinimumRate: max(1, settings.timeouts.bodyMinimumRate.value),
            keepaliveIdle: TimeSpan(settings.timeouts.keepaliveIdle),
            writeStall: TimeSpan(settings.timeouts.writeStall))
        var line: [UInt8] = []
        if let age = settings.listen.https?.hsts {
            line.append("Strict-Transport-Security: max-age=")
            line.append(decimal: Int(age.components.seconds))
            line.append("\r\n")
        }
        hsts = line
        self.httpsPort = httpsPort ?? settings.listen.https?.address.port ?? 443
        redirectsToHTTPS = settings.listen.http?.redirectToHTTPS ?? false
    }

    /// Names of the routes by index, for metrics.
    package var routeNames: [String] { routes.names }
}
