import Decompression
import Sandbox

/// The beginning of every frame that a confined process sends: what it is, and how many bytes follow.
struct FrameHeader: Hashable {
  /// What kind of frame it is.
  let kind: UInt8
  /// The number of bytes that follow the frame's header.
  let payloadByteCount: Int

  /// The length in bytes: the kind, three zeros, the number of bytes that follow.
  static let byteCount = 8

  init(kind: UInt8, payloadByteCount: Int) {
    self.kind = kind
    self.payloadByteCount = payloadByteCount
  }

  /// Reads a header; nil for anything that ``bytes`` never gives.
  init?(parsing bytes: ArraySlice<UInt8>) {
    guard bytes.count == Self.byteCount, let kind = bytes.first,
      bytes.dropFirst().prefix(3).allSatisfy({ $0 == 0 })
    else { return nil }
    self.init(kind: kind, payloadByteCount: Int(UInt32(littleEndianBytes: bytes.suffix(4))))
  }

  /// The header as bytes.
  var bytes: [UInt8] { [kind, 0, 0, 0] + UInt32(payloadByteCount).littleEndianBytes }
}

/// What every confined process says first: what confines it, and a length, where there is one.
struct OpeningHead: Hashable {
  /// What confines it.
  let confinement: Confinement
  /// A length in bytes.
  let length: UInt64?

  /// The length in bytes: the barriers that it lacks, whether there is a length, and the length.
  static let byteCount = 10

  init(_ confinement: Confinement, _ length: UInt64?) {
    self.confinement = confinement
    self.length = length
  }

  /// Reads it; nil for anything that ``bytes`` never gives.
  init?(parsing bytes: ArraySlice<UInt8>) {
    let bytes = Array(bytes)
    guard bytes.count == Self.byteCount, bytes[1] <= 1 else { return nil }
    let missing = Confinement.Barrier.allCases.filter { bytes[0] & $0.rawValue != 0 }
    let number = UInt64(littleEndianBytes: bytes[2...])
    guard missing.reduce(0, { $0 | $1.rawValue }) == bytes[0], bytes[1] == 1 || number == 0 else {
      return nil
    }
    self.init(Confinement(missing: Set(missing)), bytes[1] == 1 ? number : nil)
  }

  /// The same as bytes.
  var bytes: [UInt8] {
    [confinement.missing.reduce(0) { $0 | $1.rawValue }, length == nil ? 0 : 1]
      + (length ?? 0).littleEndianBytes
  }
}
