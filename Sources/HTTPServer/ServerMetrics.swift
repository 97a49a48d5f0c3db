import HTTP
package import Telemetry

/// The server's metrics, under the names that dashboards for HTTP services already use.
package final class ServerMetrics: Sendable {
  /// Connections open now.
  package let connections: Gauge
  package let connectionsAccepted: Counter
  /// Times that accepting had to wait: no descriptor free, or too many connections.
  package let acceptPauses: Counter
  /// Requests being answered now.
  package let requestsInFlight: Gauge
  /// Clients that left before their answer was written.
  package let clientsDisconnected: Counter
  private let requests: MetricFamily<Counter>
  private let durations: MetricFamily<Histogram>
  private let faults: MetricFamily<Counter>

  package init(registry: MetricsRegistry) {
    connections = registry.gauge("http_connections", help: "Open connections.")
    connectionsAccepted = registry.counter("http_connections_accepted_total", help: "Connections accepted.")
    acceptPauses = registry.counter(
      "http_accept_pauses_total", help: "Times accepting paused for want of descriptors or connections.")
    requestsInFlight = registry.gauge("http_requests_in_flight", help: "Requests being answered.")
    clientsDisconnected = registry.counter(
      "persrm_clients_disconnected_total", help: "Clients that left before their answer was written.")
    requests = registry.counter(
      "http_requests_total", help: "Requests answered, by route, method and class of status.",
      labels: ["handler", "method", "status"])
    durations = registry.histogram(
      "http_request_duration_seconds", help: "From the first octet of a request to the last of its answer.",
      labels: ["handler", "method"], bounds: Buckets.httpDuration)
    faults = registry.counter(
      "http_faults_total", help: "Requests the server refused itself, by reason.", labels: ["code"])
  }

  func answered(route: String, method: Method?, status: Status, seconds: Double) {
    let name = ServerMetrics.label(method)
    requests.with(route, name, status.classLabel).add()
    durations.with(route, name).observe(seconds)
  }

  func refused(code: String) { faults.with(code).add() }

  /// A peer may invent methods, so only known ones become labels.
  private static func label(_ method: Method?) -> String {
    guard let method, method.isImplemented else { return "other" }
    return method.name
  }
}
