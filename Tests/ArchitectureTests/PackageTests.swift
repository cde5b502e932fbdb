import Foundation
import TestSupport
import Testing

@Suite("Packages")
struct PackageTests {
  /// Where a version stands, and how.
  private static let places: [(path: String, pattern: Pattern)] = [
    ("packaging/deb/changelog", #"\Aburin \((\S+)\)"#),
    ("packaging/rpm/burin.spec", #"^Version: +(\S+)$"#),
    ("packaging/arch/PKGBUILD", #"^pkgver=(\S+)$"#),
    ("packaging/desktop/org.burin.burin.metainfo.xml", #"<releases>\s+<release version="([^"]+)""#),
  ]

  @Test("all have the version of the program")
  func versions() throws {
    let version = try Repository.run([Repository.burin, "--version"]).trimmingCharacters(
      in: .whitespacesAndNewlines)
    for place in Self.places {
      #expect(try place.pattern.captures(in: Repository.text(place.path)) == [version], "\(place.path)")
    }
  }

  @Test("all install every file that there is to install")
  func files() throws {
    let installed = try Repository.text("packaging/install")
    let parts = ["packaging/completions/", "packaging/desktop/"]
    for path in Repository.paths where parts.contains(where: path.hasPrefix) {
      #expect(installed.contains(" \(path) "), "\(path)")
    }
    #expect(installed.contains("for page in man/*.[578]; do"))
    let pages: Pattern = #"\.([578])$"#
    #expect(Repository.paths.filter { $0.hasPrefix("man/") }.allSatisfy(pages.matches))
    let spec = try Repository.text("packaging/rpm/burin.spec")
    for name in [
      "burin.8", "burin-*.8", "burin-json.5", "burin-tutorial.7", "completions/burin", "burin.fish", "_burin",
      "metainfo.xml", "org.burin.policy", "org.burin.burin.desktop", "org.burin.burin.svg",
    ] {
      #expect(spec.contains(name), "\(name)")
    }
  }

  @Test("R1: the desktop runs burin alone, without root, and keeps its window until the report is read")
  func desktopEntry() throws {
    let entry = try Repository.text("packaging/desktop/org.burin.burin.desktop")
    let value: Pattern = #"^Exec=sh -c "([^"\\$`]+)"$"#
    let script = try #require(value.captures(in: entry).first)
    #expect(entry.contains("\nTerminal=true\n"))
    let scratch = try ScratchDirectory()
    try scratch.write(Array(script.utf8), to: "script")
    let printed = try scratch.run(
      #"""
      mkdir bin
      printf '%s\n' '#!/bin/sh' 'echo "burin has $# arguments"' 'exit 4' >bin/burin
      chmod +x bin/burin
      printf 'a line\nanother\n' | { PATH=$PWD/bin:$PATH sh script; cat; }
      """#)
    let lines = printed.split(separator: "\n").map(String.init)
    #expect(lines == ["burin has 0 arguments", "Enter closes this window.", "another"])
    let metainfo = try Repository.text("packaging/desktop/org.burin.burin.metainfo.xml")
    #expect(metainfo.contains(#"<launchable type="desktop-id">org.burin.burin.desktop</launchable>"#))
  }

  @Test("R1: polkit asks for an administrator each time, and keeps no answer")
  func policy() throws {
    let policy = try Repository.text("packaging/desktop/org.burin.policy")
    let answer: Pattern = #"<allow_(?:any|inactive|active)>([^<]*)<"#
    #expect(answer.captures(in: policy) == ["auth_admin", "auth_admin", "auth_admin"])
    #expect(policy.contains(#""org.freedesktop.policykit.exec.path">@bindir@/burin<"#))
    #expect(!policy.contains("allow_gui"))
  }
}
