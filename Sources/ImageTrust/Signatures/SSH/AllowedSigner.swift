/// A line of a list of allowed signers (ssh-keygen(1), ALLOWED SIGNERS), or of a `.pub` file.
struct AllowedSigner: Hashable, Sendable {
  /// Whose key it is.
  ///
  /// Foreign text.
  let principals: String
  /// The key, as ``SSHKey/bytes``.
  let key: [UInt8]
  /// When it may be used, in seconds since 1970.
  private let validity: Range<Int64>

  /// Whether it may be used at a time in seconds since 1970.
  func isValid(at time: Int64) -> Bool { validity.contains(time) }

  /// Reads the lines that allow somebody to sign files.
  ///
  /// Left out are certificate authorities, which would need certificates to be checked, keys for other purposes than
  /// files, and lines with an option that is not known: it may be a restriction.
  /// - Returns: nil where no line holds a key.
  static func all(in file: [UInt8]) -> [AllowedSigner]? {
    guard file.count <= 1 << 20, let lines = TextLines(file) else { return nil }
    var hasKey = false
    var signers: [AllowedSigner] = []
    for index in 0..<lines.count where lines[index].first != UInt8(ascii: "#") {
      var words = words(of: lines[index])
      guard let place = words.firstIndex(where: isKind), place <= 2, words.count > place + 1,
        let bytes = Base64.decode(Array(words[place + 1].utf8)), let key = SSHKey(bytes),
        key.kind == words[place]
      else { continue }
      hasKey = true
      if place == 0 { words.insert(words.count > 2 ? words[2...].joined(separator: " ") : "", at: 0) }
      guard let validity = validity(place == 2 ? words[1] : "") else { continue }
      signers.append(AllowedSigner(principals: words[0], key: bytes, validity: validity))
    }
    return hasKey ? signers : nil
  }

  private static func isKind(_ word: String) -> Bool {
    ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"].contains(where: word.hasPrefix)
  }

  /// The words of a line; blanks between quotation marks do not part them.
  private static func words(of line: ArraySlice<UInt8>) -> [String] {
    var isQuoted = false
    let parts = line.split(omittingEmptySubsequences: true) { byte in
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      return !isQuoted && (byte == 0x20 || byte == 0x09)
    }
    return parts.map { String(decoding: $0, as: UTF8.self) }
  }

  /// When a key with these options may sign files.
  /// - Returns: nil for never.
  private static func validity(_ options: String) -> Range<Int64>? {
    var begin = Int64.min
    var end = Int64.max
    var isQuoted = false
    let parts = options.split { letter in
      if letter == "\"" { isQuoted.toggle() }
      return !isQuoted && letter == ","
    }
    for part in parts {
      let sides = part.split(separator: "=", maxSplits: 1)
      let value = sides.count == 2 ? sides[1].filter { $0 != "\"" } : ""
      switch sides[0].lowercased() {
      case "namespaces":
        let names = value.split(separator: ",")
        // One with a mark in front takes from what the others allow.
        guard names.contains(where: { $0 == "file" || $0 == "*" }),
          !names.contains(where: { $0.first == "!" })
        else { return nil }
      case "valid-after":
        guard let time = time(value) else { return nil }
        begin = time
      case "valid-before":
        guard let time = time(value) else { return nil }
        end = time
      default: return nil
      }
    }
    return begin < end ? begin..<end : nil
  }

  /// `YYYYMMDD[HHMM[SS]][Z]`, taken as UTC in any case: hours do not decide about keys.
  private static func time(_ text: String) -> Int64? {
    let digits = text.hasSuffix("Z") ? text.dropLast() : text[...]
    guard [8, 12, 14].contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else {
      return nil
    }
    let padded = Array((digits + String(repeating: "0", count: 14 - digits.utf8.count)).utf8).map {
      Int64($0) - 0x30
    }
    func number(_ range: Range<Int>) -> Int64 { padded[range].reduce(0) { $0 * 10 + $1 } }
    let month = number(4..<6)
    let day = number(6..<8)
    guard (1...12).contains(month), (1...31).contains(day) else { return nil }
    // Days since 1970, in years that begin with March, so that the odd day is the last one.
    let year = number(0..<4) - (month < 3 ? 1 : 0)
    let dayOfYear = (153 * (month + (month < 3 ? 9 : -3)) + 2) / 5 + day - 1
    let days = year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
    return days * 86_400 + number(8..<10) * 3600 + number(10..<12) * 60 + number(12..<14)
  }
}
