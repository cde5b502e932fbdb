import DiskFormats

/// The bytes of a file system by which a medium shows that it still has that file system, and that it was mounted (R46).
///
/// What a stick has lost by itself may well lie where mounting leaves its traces. Such a loss leaves no sound boot
/// sector or superblock behind, or an old one.
struct MountWitness: Hashable, Sendable {
  /// How the bytes are to be compared.
  enum Form: UInt8, CaseIterable, Hashable, Sendable {
    case fat12, fat16, fat32, exFAT, ext, ntfs
  }

  /// How the bytes are to be compared.
  let form: Form
  /// Where the bytes lie, in bytes of the image.
  let places: [Range<UInt64>]
  /// What they are in the image, or what is needed of that.
  let expected: [UInt8]

  /// More bytes than this are not read of a medium.
  static let mostBytes: UInt64 = 16_384

  /// Whether a medium that differs has the file system, and shows that it was mounted since.
  ///
  /// Bytes at fixed places are compared, and none of them leads to another place.
  /// - Parameter read: gives what is in a range of the medium, in bytes; nil where that cannot be read.
  func isSound(_ read: (Range<UInt64>) -> [UInt8]?) -> Bool {
    var found: [UInt8] = []
    for place in places {
      guard let bytes = read(place), bytes.count == place.count else { return false }
      found += bytes
    }
    guard !found.isEmpty else { return false }
    switch form {
    case .fat12, .fat16, .fat32: return isSoundFAT(found)
    case .exFAT: return isEqual(found, but: [106..<108, 112..<113])
    case .ext: return isMountedExt(found)
    case .ntfs: return Self.logStates(in: found).contains { !knownLogStates.contains($0) }
    }
  }

  func isEqual(_ found: [UInt8], but exceptions: [Range<Int>]) -> Bool {
    guard found.count == expected.count else { return false }
    return found.indices.allSatisfy { index in
      found[index] == expected[index] || exceptions.contains { $0.contains(index) }
    }
  }
}

extension MountWitness: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    guard let form = Form(rawValue: try UInt8(from: &reader)) else { throw reader.malformed() }
    self.form = form
    places = try .init(from: &reader)
    let count = try reader.count()
    expected = try reader.bytes(count: count)
    let isShort = places.count <= 2 && places.allSatisfy { $0.upperBound - $0.lowerBound <= Self.mostBytes }
    guard isShort else { throw reader.malformed() }
  }

  func transfer(to bytes: inout [UInt8]) {
    form.rawValue.transfer(to: &bytes)
    places.transfer(to: &bytes)
    UInt32(expected.count).transfer(to: &bytes)
    bytes += expected
  }
}
