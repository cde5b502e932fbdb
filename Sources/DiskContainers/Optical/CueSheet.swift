/// The text of a CUE sheet, as far as it leads to the data of a disc.
///
/// Only a disc whose first and only track is data from the first byte of one file on is understood, or from the end of
/// the usual pause on, whose sectors say that they are one: the text then adds nothing but the name of the file.
/// Source: CDRWIN user's guide, appendix A.
public struct CueSheet: Hashable, Sendable {
  /// Why a CUE sheet does not lead to an image.
  public enum Fault: Error, Hashable, Sendable {
    /// It is no CUE sheet, or one that makes no sense.
    case senseless
    /// The name leads out of the folder of the sheet.
    case elsewhere(name: String)
    /// There is more than one track, or more than one file.
    case severalTracks
    /// The track is none of a computer's data.
    case noData
  }

  /// How the sectors of a track lie in the file.
  public enum Layout: UInt8, Hashable, Sendable, CaseIterable {
    /// Only their data, 2048 bytes each: the file is the image.
    case data
    /// Raw, 2352 bytes each.
    case raw
  }

  /// The name of the file beside the sheet; foreign text, and never a path.
  public let fileName: String
  /// How the sectors lie in it.
  public let layout: Layout

  /// The longest sheet in bytes.
  public static let longest = 64 << 10

  /// Whether a file may be a CUE sheet, by its first bytes.
  static func isLikely(_ head: [UInt8], fileByteCount: UInt64) -> Bool {
    guard fileByteCount <= UInt64(longest) else { return false }
    let words = Set(lines(of: head).compactMap { $0.split(separator: " ").first })
    return words.contains("FILE") && words.contains("TRACK")
  }

  /// Reads a sheet.
  public init(parsing bytes: [UInt8]) throws(Fault) {
    guard bytes.count <= Self.longest else { throw .senseless }
    var names: [String] = []
    var modes: [Substring] = []
    var (pause, start): (Substring?, Substring) = (nil, "00:00:00")
    for line in Self.lines(of: bytes) {
      let words = line.split(separator: " ")
      switch words.first {
      case "FILE":
        guard let name = Self.name(in: line) else { throw .senseless }
        names.append(name)
      case "TRACK":
        guard words.count == 3 else { throw .senseless }
        modes.append(words[2])
      case "INDEX" where words.count == 3 && modes.count == 1:
        if words[1] == "00" { pause = words[2] }
        if words[1] == "01" { start = words[2] }
      default: break
      }
    }
    guard let name = names.first, let mode = modes.first else { throw .senseless }
    guard names.count == 1, modes.count == 1 else { throw .severalTracks }
    switch mode.uppercased() {
    case "MODE1/2048", "MODE2/2048": layout = .data
    case "MODE1/2352", "MODE2/2352": layout = .raw
    default: throw .noData
    }
    // Sectors without an address do not say which of them are the pause.
    guard start == "00:00:00" || (layout == .raw && pause == "00:00:00" && start == "00:02:00") else {
      throw .senseless
    }
    guard !name.isEmpty, name != ".", name != "..",
      !name.utf8.contains(where: { [0, 0x2F, 0x5C].contains($0) })
    else { throw .elsewhere(name: name) }
    fileName = name
  }

  private static func lines(of bytes: [UInt8]) -> [Substring] {
    let body = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    return String(decoding: body, as: UTF8.self).split(whereSeparator: \.isNewline).map { line in
      line.drop { $0 == " " || $0 == "\t" }
    }
  }

  /// What stands in quotes, or else the second word.
  private static func name(in line: Substring) -> String? {
    guard let open = line.firstIndex(of: "\"") else {
      return line.split(separator: " ").dropFirst().first.map(String.init)
    }
    let rest = line[line.index(after: open)...]
    return rest.firstIndex(of: "\"").map { String(rest[..<$0]) }
  }
}
