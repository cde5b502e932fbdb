public import Sandbox

/// What a process that fetches says: frames, each with a header of ``headerByteCount`` bytes.
///
/// A server, or whoever took the process over, can say anything in this form: a wrong file at worst. So lengths are
/// bounded, nothing is out of turn, and an end that is not said is none.
public struct FetchFrame: Hashable, Sendable {
  /// What a frame says.
  public enum Kind: UInt8, CaseIterable, Sendable {
    /// The first one, and only that: a ``FetchOpening``.
    case opening = 1
    /// The next bytes of the file.
    case bytes
    /// The connection was lost, and it goes on with another one.
    case resumed
    /// The file is complete.
    case end
    /// There will be no more of it: a ``FetchFailure``.
    case failure

    fileprivate var payloads: ClosedRange<Int> {
      switch self {
      case .opening: FetchOpening.shortest...FetchOpening.longest
      case .bytes: 1...longestPayload
      case .resumed, .end: 0...0
      case .failure: 9...FetchFailure.longestPayload
      }
    }
  }

  /// What it says.
  public let kind: Kind
  /// The number of bytes that follow the header.
  public let payloadByteCount: Int

  /// The length of a header in bytes.
  static let headerByteCount = FrameHeader.byteCount
  /// The most bytes that a frame brings.
  static let longestPayload = 1 << 20

  init(_ kind: Kind, payloadByteCount: Int) {
    self.kind = kind
    self.payloadByteCount = payloadByteCount
  }

  /// Reads a header; nil for anything that ``header`` never gives.
  public init?(parsing header: [UInt8]) {
    guard let head = FrameHeader(parsing: header[...]), let kind = Kind(rawValue: head.kind),
      kind.payloads.contains(head.payloadByteCount)
    else { return nil }
    self.init(kind, payloadByteCount: head.payloadByteCount)
  }

  /// The header as bytes.
  public var header: [UInt8] { FrameHeader(kind: kind.rawValue, payloadByteCount: payloadByteCount).bytes }
}

/// What a process that fetches says before the first byte.
public struct FetchOpening: Hashable, Sendable {
  /// What confines it.
  public let confinement: Confinement
  /// The length of the file in bytes, where the server has announced it.
  public let byteCount: UInt64?
  /// Where the file was found in the end; it holds no password.
  public let url: String

  /// The URL follows what every process says first; both in bytes.
  static let shortest = OpeningHead.byteCount
  static let longest = shortest + SecretURL.longest

  init(confinement: Confinement, byteCount: UInt64?, url: String) {
    self.confinement = confinement
    self.byteCount = byteCount
    self.url = url
  }

  /// Reads an opening; nil for anything that ``bytes`` never gives.
  public init?(parsing bytes: [UInt8]) {
    guard bytes.count >= Self.shortest, bytes.count <= Self.longest,
      let head = OpeningHead(parsing: bytes[..<Self.shortest]),
      let url = String(validating: bytes[Self.shortest...], as: UTF8.self)
    else { return nil }
    self.init(confinement: head.confinement, byteCount: head.length, url: url)
  }

  /// The opening as bytes.
  public var bytes: [UInt8] { OpeningHead(confinement, byteCount).bytes + url.utf8.prefix(SecretURL.longest) }
}
