public import BlockIO

/// What one pass over bytes has found.
public struct PassFindings: Sendable {
  /// The digests that were asked for.
  public var digests: [DigestAlgorithm: [UInt8]] = [:]
  /// What came of the checksum inside the image; nil where it was not compared.
  public var implanted: ImplantedOutcome?
  /// What the signatures over these bytes prove.
  public var signatures: [JudgedSignature] = []

  /// Begins with nothing.
  public init() {}
}

/// What is to be found in one pass over bytes.
public struct PassRequest: Sendable {
  /// The digests to take, each once.
  public let algorithms: [DigestAlgorithm]
  /// Whether a checksum inside the bytes is compared.
  public let comparesImplanted: Bool
  /// Who judges signatures over the bytes, by the name of the signature file.
  public let listeners: [(name: String, listener: any SignatureListener)]

  /// Creates a request from its parts.
  public init(
    _ algorithms: [DigestAlgorithm] = [], comparesImplanted: Bool = false,
    listeners: [(name: String, listener: any SignatureListener)] = []
  ) {
    self.algorithms = algorithms.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    self.comparesImplanted = comparesImplanted
    self.listeners = listeners
  }

  /// Whether nothing is to be found.
  public var isEmpty: Bool { algorithms.isEmpty && !comparesImplanted && listeners.isEmpty }
}

/// One pass over bytes that come in order: everything that is to be found, of exactly these bytes (R50).
public final class BytePass {
  private var digests: [(algorithm: DigestAlgorithm, running: RunningDigest)] = []
  private let request: PassRequest
  private var implanted: ImplantedSum.Pass?
  private var isBegun = false

  /// Begins a pass.
  /// - Precondition: this machine's libcrypto may compute the digests.
  public init(_ request: PassRequest) {
    self.request = request
    for algorithm in request.algorithms {
      guard let digest = RunningDigest(algorithm) else { preconditionFailure("\(algorithm) is forbidden") }
      digests.append((algorithm, digest))
    }
  }

  /// Adds the bytes that come next; the first call brings at least ``ImplantedSum/neededByteCount`` where the bytes
  /// are not over before.
  public func update(_ bytes: RawSpan) {
    if !isBegun, request.comparesImplanted { implanted = ImplantedSum(in: bytes).map(ImplantedSum.Pass.init) }
    isBegun = true
    for digest in digests { digest.running.update(bytes) }
    for (_, listener) in request.listeners { listener.update(bytes) }
    implanted?.update(bytes)
  }

  /// Adds the first bytes of a buffer.
  public func update(_ buffer: borrowing AlignedBuffer, count: Int) {
    update(buffer.bytes.extracting(0..<count))
  }

  /// Ends the pass; to be called once.
  public func finish() -> PassFindings {
    var findings = PassFindings()
    for digest in digests { findings.digests[digest.algorithm] = digest.running.finish() }
    findings.implanted = implanted?.finish()
    findings.signatures = request.listeners.map {
      JudgedSignature(name: $0.name, verdict: $0.listener.finish())
    }
    return findings
  }
}
