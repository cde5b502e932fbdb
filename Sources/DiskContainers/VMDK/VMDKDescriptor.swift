/// The text in a VMDK that says what kind of a disk it is, as far as it decides whether the file is all of it.
struct VMDKDescriptor {
  private let values: [Substring: Substring]

  /// Reads the lines `name=value`; all others are left out.
  init(_ bytes: [UInt8]) {
    let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self).lowercased()
    var values: [Substring: Substring] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      guard let equals = line.firstIndex(of: "=") else { continue }
      let name = line[..<equals].filter { $0 != " " && $0 != "\t" }
      let value = line[line.index(after: equals)...].filter { $0 != " " && $0 != "\"" && $0 != "\t" }
      values[Substring(name)] = Substring(value)
    }
    self.values = values
  }

  /// Refuses a disk of which this file is only a part.
  func requireWhole() throws(ContainerError) {
    guard values["encryption.keysafe"] == nil else { throw .needs(.key) }
    if let parent = values["parentcid"], parent != "ffffffff" { throw .needs(.parentFile) }
    // The parts of a disk in several files have an empty text, or none.
    guard let type = values["createtype"], ["monolithicsparse", "streamoptimized"].contains(type) else {
      throw .needs(.dataFile)
    }
  }
}
