import Decompression
import Sandbox

/// What a process that fetches says: frames, each with a header of ``headerByteCount`` bytes.
///
/// A server, or whoever took the process over, can say anything in this form: a wrong file at worst. So lengths are
/// bounded, nothing is out of turn, and an end that is not said is none.
struct FetchFrame: Hashable {
  /// What a frame says.
  enum Kind: UInt8, CaseIterable {
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
  let kind: Kind
  /// The number of bytes that follow the header.
  let payloadByteCount: Int

  /// The length of a header in bytes: the kind, three zeros, the number of bytes that follow.
  static let headerByteCount = 8
  /// The most bytes that a frame brings.
  static let longestPayload = 1 << 20

  init(_ kind: Kind, payloadByteCount: Int) {
    self.kind = kind
    self.payloadByteCount = payloadByteCount
  }

  /// Reads a header; nil for anything that ``header`` never gives.
  init?(parsing header: [UInt8]) {
    guard header.count == Self.headerByteCount, let kind = Kind(rawValue: header[0]),
      header[1..<4].allSatisfy({ $0 == 0 })
    else { return nil }
    let count = Int(UInt32(littleEndianBytes: header[4..<8]))
    guard kind.payloads.contains(count) else { return nil }
    self.init(kind, payloadByteCount: count)
  }

  /// The header as bytes.
  var header: [UInt8] { [kind.rawValue, 0, 0, 0] + UInt32(payloadByteCount).littleEndianBytes }
}

/// What a process that fetches says before the first byte.
struct FetchOpening: Hashable {
  /// What confines it.
  let confinement: Confinement
  /// The length of the file in bytes, where the server has announced it.
  let byteCount: UInt64?
  /// Where the file was found in the end; it holds no password.
  let url: String

  /// The barriers that it lacks, whether there is a length, and the length; the URL follows.
  static let shortest = 10
  static let longest = shortest + SecretURL.longest

  init(confinement: Confinement, byteCount: UInt64?, url: String) {
    self.confinement = confinement
    self.byteCount = byteCount
    self.url = url
  }

  /// Reads an opening; nil for anything that ``bytes`` never gives.
  init?(parsing bytes: [UInt8]) {
    guard bytes.count >= Self.shortest, bytes.count <= Self.longest, bytes[1] <= 1 else { return nil }
    let missing = Confinement.Barrier.allCases.filter { bytes[0] & $0.rawValue != 0 }
    guard missing.reduce(0, { $0 | $1.rawValue }) == bytes[0] else { return nil }
    confinement = Confinement(missing: Set(missing))
    byteCount = bytes[1] == 1 ? UInt64(littleEndianBytes: bytes[2..<10]) : nil
    url = String(decoding: bytes[10...], as: UTF8.self)
  }

  /// The opening as bytes.
  var bytes: [UInt8] {
    let barriers = confinement.missing.reduce(0) { $0 | $1.rawValue }
    let head = [barriers, byteCount == nil ? 0 : 1] + (byteCount ?? 0).littleEndianBytes
    return head + url.utf8.prefix(SecretURL.longest)
  }
}
