/// A variable of the firmware as efivarfs shows it: four bytes of attributes, then the data.
public struct EFIVariable: Hashable, Sendable {
  /// The data.
  public let data: [UInt8]

  /// `EFI_VARIABLE_RUNTIME_ACCESS` (UEFI 2.10 section 8.2): without it an operating system sees no variable.
  private static let runtimeAccess: UInt8 = 1 << 2

  /// Takes a file of efivarfs apart; nil where it is none.
  public init?(file bytes: [UInt8]) {
    guard bytes.count > 4, bytes[0] & Self.runtimeAccess != 0, bytes[1...3].allSatisfy({ $0 == 0 }) else {
      return nil
    }
    data = Array(bytes[4...])
  }

  /// The data as one number of 16 bits, as `BootCurrent` is; nil for any other length.
  public var number: UInt16? {
    data.count == 2 ? UInt16(data[0]) | UInt16(data[1]) << 8 : nil
  }

  /// The data as UTF-16LE text up to a zero; nil where there is half a character.
  public var text: String? {
    guard data.count.isMultiple(of: 2) else { return nil }
    return String(decoding: EFIText.units(data[...]).prefix { $0 != 0 }, as: UTF16.self)
  }
}

/// A boot entry, `EFI_LOAD_OPTION` (UEFI 2.10 section 3.1.3): only what tells where it loads from.
public struct EFIBootEntry: Hashable, Sendable {
  /// What the firmware calls it, foreign text.
  public let description: String
  /// The partition of the first device path that has one, as PARTUUID; nil where none is named by a signature.
  public let partition: String?

  /// More nodes than any honest device path has.
  private static let nodeLimit = 256

  /// Reads an entry; nil where a length in it leads beyond its end.
  public init?(parsing bytes: [UInt8]) {
    // Attributes, the length of the device paths, the description with a zero behind it, the device paths.
    guard bytes.count >= 8 else { return nil }
    let pathLength = Int(bytes[4]) | Int(bytes[5]) << 8
    let name = EFIText.units(bytes[6...]).prefix { $0 != 0 }
    let start = 6 + name.count * 2 + 2
    guard start <= bytes.count, pathLength <= bytes.count - start else { return nil }
    description = String(decoding: name, as: UTF16.self)

    var rest = bytes[start..<(start + pathLength)]
    var found: String?
    var count = 0
    while !rest.isEmpty, found == nil {
      // Type, subtype and length, the header included (section 10.2).
      guard rest.count >= 4, count < Self.nodeLimit else { return nil }
      let (type, subtype) = (rest[rest.startIndex], rest[rest.startIndex + 1])
      let length = Int(rest[rest.startIndex + 2]) | Int(rest[rest.startIndex + 3]) << 8
      guard length >= 4, length <= rest.count else { return nil }
      // The end of the last instance; what follows is for the loader.
      if type == 0x7F, subtype == 0xFF { break }
      if type == 4, subtype == 1 {
        guard length == 42 else { return nil }
        found = Self.hardDrive(Array(rest.prefix(length)))
      }
      rest = rest.dropFirst(length)
      count += 1
    }
    partition = found
  }

  /// A hard drive media device path (section 10.3.5.1): the partition's number at 4, its signature at 24, the
  /// kind of signature at 41.
  private static func hardDrive(_ node: [UInt8]) -> String? {
    let signature = node[24..<40]
    guard signature.contains(where: { $0 != 0 }) else { return nil }
    switch node[41] {
    case 1:
      // The disk's signature at 440 of the MBR; the kernel makes a PARTUUID of it and the number.
      return hexadecimal(signature.prefix(4).reversed()) + "-" + hexadecimal([node[4]])
    case 2:
      let bytes = Array(signature)
      return [bytes[0..<4].reversed(), bytes[4..<6].reversed(), bytes[6..<8].reversed()]
        .map { hexadecimal(Array($0)) }.joined(separator: "-")
        + "-" + hexadecimal(Array(bytes[8..<10])) + "-" + hexadecimal(Array(bytes[10..<16]))
    default: return nil
    }
  }

  private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

/// Text of the firmware.
enum EFIText {
  /// UTF-16LE units; half a unit at the end is left out.
  static func units(_ bytes: ArraySlice<UInt8>) -> [UInt16] {
    stride(from: bytes.startIndex, to: bytes.endIndex - 1, by: 2).map {
      UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
    }
  }
}
