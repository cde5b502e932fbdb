import BlockIO
import SystemPackage
import Terminal

/// The language that the environment asks for, as far as it is installed with this program.
///
/// Catalogues are read from beside the program only, `PREFIX/share/locale` for `PREFIX/bin/burin`, and never from a place
/// that a variable names: whoever runs burin as root would have its words put into its mouth by somebody else (R48).
enum InstalledLanguage {
  /// The variables that are looked at, as gettext(3) has them.
  private static let variables = ["LC_ALL", "LC_MESSAGES", "LANG"]

  /// Reads the catalogue of this process; nil where it is to speak English.
  static func live(variable: (String) -> String?) -> Language? {
    let wanted = codes(variable: variable)
    guard !wanted.isEmpty else { return nil }
    let program = FilePath("/proc/self/exe")
    guard let path = try? SmallFile.link(at: program), let owner = try? FileState(at: program).owner,
      let folder = folder(of: FilePath(path))
    else { return nil }
    return language(of: wanted, in: folder, writtenOnlyBy: [0, owner])
  }

  /// The languages that are wanted, the best first; none where that is English.
  static func codes(variable: (String) -> String?) -> [String] {
    func value(_ name: String) -> String? { variable(name).flatMap { $0.isEmpty ? nil : $0 } }
    guard let locale = variables.compactMap(value).first, isUTF8(locale) else { return [] }
    let name = locale.prefix { $0 != "." && $0 != "@" }
    guard name != "C", name != "POSIX" else { return [] }
    let wanted = value("LANGUAGE")?.split(separator: ":").map(String.init) ?? [locale]
    var codes: [String] = []
    for each in wanted.prefix(8) {
      let name = each.prefix { $0 != "." && $0 != "@" }
      let parts = name.split(separator: "_", omittingEmptySubsequences: false)
      guard let language = parts.first, isCode(language, (2...3)), parts.count < 3 else { continue }
      // Texts are written in it.
      guard language != "en" else { break }
      if let region = parts.dropFirst().first, isCode(region, (2...3)) {
        codes.append("\(language)_\(region)")
      }
      codes.append(String(language))
    }
    return codes
  }

  /// Where the catalogues of a program are; nil where it is not installed.
  static func folder(of program: FilePath) -> FilePath? {
    let binaries = program.removingLastComponent()
    guard binaries.lastComponent?.string == "bin" else { return nil }
    return binaries.removingLastComponent().appending("share").appending("locale")
  }

  /// The first language of some that is there.
  /// - Parameter owners: the users who may have written the catalogue.
  static func language(
    of codes: [String], in folder: FilePath, writtenOnlyBy owners: [UInt32]
  ) -> Language? {
    for code in codes {
      let path = folder.appending(code).appending("LC_MESSAGES").appending("burin.mo")
      guard
        let bytes = try? SmallFile.bytes(
          ofRegularFile: path, limit: Catalogue.largestByteCount, writtenOnlyBy: owners),
        let catalogue = Catalogue(parsing: bytes)
      else { continue }
      return Language(catalogue)
    }
    return nil
  }

  private static func isUTF8(_ locale: String) -> Bool {
    let codeset = locale.split(separator: ".", maxSplits: 1).dropFirst().first?.prefix { $0 != "@" }
    return ["utf-8", "utf8"].contains(codeset?.lowercased())
  }

  /// A code becomes a part of a path.
  private static func isCode(_ text: Substring, _ length: ClosedRange<Int>) -> Bool {
    length.contains(text.count) && text.allSatisfy { $0.isASCII && $0.isLetter }
  }
}
