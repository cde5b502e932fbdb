import Foundation
import TestSupport
import Testing

/// What README.md shows of a terminal.
private struct Picture {
  private static let fence = "```\n"
  /// How wide the terminal is.
  static let columns = 120
  private let before: String
  private let after: String
  /// The lines of the terminal.
  let text: String

  init() throws {
    // The first block of the document that begins with a prompt of one who is not root.
    var parts = try Repository.text("README.md").components(separatedBy: Self.fence)[...]
    let before = parts.removeFirst()
    text = parts.removeFirst()
    (self.before, after) = (before + Self.fence, Self.fence + parts.joined(separator: Self.fence))
  }

  /// The command lines, in order.
  var commands: [String] {
    text.split(separator: "\n").filter { $0.hasPrefix("$ ") }.map { String($0.dropFirst(2)) }
  }

  /// Puts another text in its place.
  func replace(by other: String) throws {
    try (before + other + after).write(
      to: Repository.root.appending(path: "README.md"), atomically: true, encoding: .utf8)
  }

  /// A text without what is another each time: how long it took, and how many places were drawn at random.
  static func lasting(_ text: String) -> String {
    text.replacing(/written in [0-9].*/, with: "TIME").replacing(/[0-9]+ places/, with: "PLACES")
  }

  /// Left out with the other tests on real images.
  static var isLeftOut: Bool {
    (ProcessInfo.processInfo.environment["BURIN_SKIP"] ?? "").split(separator: ",").contains("images")
  }
}

@Suite("The terminal in README.md", .enabled(if: !Picture.isLeftOut))
struct PictureTests {
  @Test("shows what burin prints; UPDATE_GOLDEN=1 takes it anew")
  func picture() throws {
    let environment = ProcessInfo.processInfo.environment
    let images = try #require(environment["BURIN_IMAGES"], "BURIN_SKIP=images leaves this out")
    let picture = try Picture()
    let scratch = try ScratchDirectory()
    try scratch.run(
      """
      cp '\(images)/memtest86+.iso' memtest.iso
      sha256sum memtest.iso >SHA256SUMS
      truncate --size=8G stick.img
      """)
    let folder = URL(filePath: Repository.burin).deletingLastPathComponent().path()
    var shown: [String] = []
    for command in picture.commands {
      let output = try scratch.run(
        """
        export PATH='\(folder)':$PATH NO_COLOR=1
        script --quiet --return --echo never --command "stty columns \(Picture.columns); \(command) 2>/dev/null" \
          /dev/null </dev/null | tr --delete '\\r'
        """)
      shown.append("$ \(command)\n\(output)")
    }
    #expect(shown.count > 1)
    let text = shown.joined()
    if environment["UPDATE_GOLDEN"] == "1", Picture.lasting(text) != Picture.lasting(picture.text) {
      try picture.replace(by: text)
    } else {
      #expect(Picture.lasting(text) == Picture.lasting(picture.text))
    }
  }
}
