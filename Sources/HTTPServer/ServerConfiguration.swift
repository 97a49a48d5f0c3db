package import HTTP

/// How the server listens, and every bound it keeps. All seconds are totals, not per read or write.
package struct ServerConfiguration: Sendable {
  /// What becomes of a request in progress when its client sends FIN.
  ///
  /// FIN says that the client sends no more; it does not say whether it still listens. A client that closed its socket
  /// and one that only shut its sending side look the same until something is sent to them.
  package enum HalfClose: Sendable, Hashable {
    /// The default. After `halfCloseProbeSeconds` an interim "100 Continue" is sent, which every HTTP/1.1 client must
    /// accept at any time before the answer (RFC 9110 section 15.2). A client that closed answers it with RST, and its
    /// work is cancelled; one that still listens gets its answer. HTTP/1.0 knows no interim answers, so such a client
    /// counts as gone.
    case probe
    /// The client counts as gone at once, as many servers have it. Clients that half-close get no answer.
    case cancel
    /// The work goes on until the kernel reports a reset.
    case answer
  }

  /// Name or numeric address.
  package var host = "127.0.0.1"
  /// 0 lets the kernel choose.
  package var port = 8_000
  package var limits = RequestLimits()
  /// Serial queues that move bytes. They never compute, so few are enough.
  package var eventLoops = 2
  /// Open connections at once. Beyond it connections wait in the backlog, where they are not lost.
  package var connectionsMax = 4_096
  /// Octets of all request bodies held at once; beyond it a request is answered 503.
  package var bodyBytesTotalMax = 256 * 1_024 * 1_024
  /// Octets taken in while a request is being answered; what is more stays with the kernel and so with the client.
  package var readAheadBytesMax = 64 * 1_024
  /// From the first octet of a request (on a fresh connection: from accept) to the end of its header section.
  package var headerSeconds = 30.0
  /// From the end of the header section to the last octet of the body.
  package var bodySeconds = 30.0
  /// Between two requests of a connection.
  package var idleSeconds = 75.0
  /// From the first octet of an answer to the last, for clients that read slowly.
  package var writeSeconds = 30.0
  /// After the last answer, for the client to close first: closing with unread input would reset the connection and
  /// could destroy the answer on its way.
  package var lingerSeconds = 2.0
  /// Octets read and dropped during that time.
  package var lingerBytesMax = 16 * 1_024 * 1_024
  package var halfClose = HalfClose.probe
  /// From FIN, or from when no more is read ahead, to the first probe.
  package var halfCloseProbeSeconds = 0.2
  /// Between probes after the first.
  package var halfCloseReprobeSeconds = 5.0
  /// How often deadlines are looked at; each may be late by this.
  package var tickSeconds = 0.1

  package init() {}
}
