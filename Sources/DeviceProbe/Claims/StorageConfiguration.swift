import BlockIO

/// What arrays, volume groups and pools are made of, by their own configuration (R24).
public enum StorageConfiguration {
  /// Paths beyond this number in a pool cache are not looked for.
  private static let pathLimit = 1024

  /// Reads the `ARRAY` lines of mdadm.conf(5); a line that begins with a blank goes on with the one before.
  public static func mdadm(_ text: some Sequence<UInt8>, source: String) -> [SystemClaim] {
    var lines: [String] = []
    for bytes in Array(text).split(separator: 0x0A).prefix(MountConfiguration.lineLimit) {
      let line = String(decoding: bytes, as: UTF8.self)
      guard let words = line.trimmed, !words.hasPrefix("#") else { continue }
      if line.first?.isWhitespace == true, let last = lines.popLast() {
        lines.append("\(last) \(words)")
      } else {
        lines.append(words)
      }
    }
    return lines.flatMap { line -> [SystemClaim] in
      let words = line.split(whereSeparator: \.isWhitespace)
      guard let keyword = words.first?.lowercased(), keyword.count >= 3, "array".hasPrefix(keyword) else {
        return []
      }
      return words.dropFirst().flatMap { word -> [SystemClaim.Tag] in
        let halves = word.split(separator: "=", maxSplits: 1)
        guard halves.count == 2 else { return [] }
        switch halves[0].lowercased() {
        case "uuid": return [SystemClaim.Tag(.array, String(halves[1]))]
        case "devices":
          return halves[1].split(separator: ",").compactMap { SystemClaim.Tag(naming: String($0)) }
        default: return []
        }
      }.map { SystemClaim(.configuration, source: source, text: words.joined(separator: " "), tag: $0) }
    }
  }

  /// Reads the devices file of lvmdevices(8).
  ///
  /// `DEVNAME` is only where the device was last seen, so it counts where nothing better is said.
  public static func lvmDevices(_ text: some Sequence<UInt8>, source: String) -> [SystemClaim] {
    MountConfiguration.lines(text).compactMap { line in
      var values: [Substring: Substring] = [:]
      for word in line.split(separator: " ") {
        let halves = word.split(separator: "=", maxSplits: 1)
        if halves.count == 2, halves[1] != "." { values[halves[0]] = halves[1] }
      }
      let tag: SystemClaim.Tag
      if let volume = values["PVID"] {
        tag = SystemClaim.Tag(.physicalVolume, String(volume))
      } else if let name = values["IDNAME"], ["sys_wwid", "sys_serial"].contains(values["IDTYPE"]) {
        tag = SystemClaim.Tag(.hardware, String(name))
      } else if let path = values["DEVNAME"], let found = SystemClaim.Tag(naming: String(path)) {
        tag = found
      } else {
        return nil
      }
      return SystemClaim(.configuration, source: source, text: line, tag: tag)
    }
  }

  /// Finds the paths of devices in the packed list that is ZFS's cache of pools.
  ///
  /// The list is not parsed: its texts stand in it as they are, each behind its length, the last byte of which
  /// may look like a character, and before the zero byte that the next length begins with (RFC 4506 section 4.11).
  public static func poolCache(_ bytes: [UInt8], source: String) -> [SystemClaim] {
    let start = Array("/dev/".utf8)
    let paths = bytes.split { $0 <= 0x20 || $0 >= 0x7F }.lazy.compactMap { run -> String? in
      // A path begins at the very first or the second byte.
      let path = run.starts(with: start) ? run : run.dropFirst()
      return path.starts(with: start) ? String(decoding: path, as: UTF8.self) : nil
    }
    return Array(paths.prefix(pathLimit)).unique.compactMap { path in
      SystemClaim.Tag(naming: path).map { SystemClaim(.configuration, source: source, text: path, tag: $0) }
    }
  }
}
