import Testing

@testable import Commands
@testable import Terminal

/// Sticks for a guide.
enum Sticks {
  static let free = OfferedStick(
    id: "usb-7k2m9x4d", path: "/dev/sdb", description: "15.5 GB, SanDisk Ultra Fit, USB 3, 5 Gbit/s",
    place: "port 1-2, serial 4C530001230504117151",
    losses: [
      "photos in \"root\" on partition 2, 4.2 GB in use, last written 2025-10-09",
      "data in \"EFI\" on partition 1",
    ],
    state: .free)
  static let mounted = OfferedStick(
    id: "usb-3n8p1r5t", path: "/dev/sdc", description: "31.9 GB, Kingston DataTraveler, USB 2, 480 Mbit/s",
    place: "port 1-4", losses: ["data in \"\u{1B}[2Jpwn漢字\""].map { SanitizedText(foreign: $0) },
    state: .mounted(["/media/anna/DATA"]))
  static let large = OfferedStick(
    id: "usb-0c3v8n1a", path: "/dev/sdd", description: "2.0 TB, WD Elements, USB 3, 5 Gbit/s", place: "",
    losses: [], state: .needs(["--allow-large", "--allow-rotational"], "larger than usual sticks"))
  static let locked = OfferedStick(
    id: "usb-9q4w2e6r", path: "/dev/sde", description: "8.0 GB, Generic Flash, USB 2, 480 Mbit/s", place: "",
    losses: [], state: .never("its write protection is on"))
}

extension Guide {
  /// A guide that has found two images.
  static var withImages: Guide {
    var guide = Guide()
    guide.home = "/home/anna"
    _ = guide.handle(
      .images([
        FoundImage(
          path: "/home/anna/Downloads/debian-13.1.0-amd64-netinst.iso", byteCount: 783_286_272,
          kind: "ISO 9660",
          modified: 1_763_700_000),
        FoundImage(
          path: "/home/anna/Downloads/\u{1B}]0;x\u{07}漢字.img.xz", byteCount: 1_200_000_000, kind: "xz",
          modified: 1_763_600_000),
      ]))
    return guide
  }

  /// A guide at the stick, with no stick yet.
  static var atStick: Guide {
    var guide = Guide()
    guide.step = .stick(image: "/home/anna/debian.iso")
    return guide
  }

  /// Presses keys.
  mutating func press(_ keys: Key...) -> [Effect] { keys.flatMap { handle(.key($0)) } }
  /// Presses the keys of a text.
  mutating func type(_ text: String) -> [Effect] { text.flatMap { handle(.key(.character($0))) } }
}

@Suite("The interactive way, as a value")
struct GuideTests {
  @Test("R1: Enter, however often, chooses neither an image nor a stick")
  func nothingPreselected() {
    var guide = Guide.withImages
    for _ in 0..<5 { #expect(guide.press(.enter) == []) }
    #expect(guide.markedImage == nil && guide.notice != nil)
    var second = Guide.atStick
    _ = second.handle(.sticks([Sticks.free]))
    for _ in 0..<5 { #expect(second.press(.enter) == []) }
    #expect(second.markedStick == nil && second.notice != nil)
  }

  @Test("from an image over what it is to a stick: the arguments of burin write")
  func wholeWay() throws {
    var guide = Guide.withImages
    let image = "/home/anna/Downloads/debian-13.1.0-amd64-netinst.iso"
    #expect(guide.press(.down, .enter) == [.inspect(image)])
    #expect(guide.handle(.inspected(.known(try KnownImages.good(image)), of: image)) == [])
    #expect(guide.press(.enter) == [])
    _ = guide.handle(.sticks([]))
    _ = guide.handle(.sticks([Sticks.free]))
    #expect(guide.notice?.string.contains(Sticks.free.id) == true)
    let choice = GuideChoice(image: image, target: Sticks.free.id)
    #expect(guide.press(.down, .enter) == [.finish(choice)])
    #expect(choice.arguments == ["write", "--", image, Sticks.free.id])
    #expect(choice.text(sudo: true).string == "sudo burin write \(image) \(Sticks.free.id)")
    let odd = GuideChoice(image: "/a b/it's", target: "file:x", unmounts: true)
    #expect(odd.text(sudo: false).string == #"burin write --unmount '/a b/it'\''s' file:x"#)
    #expect(odd.arguments == ["write", "--unmount", "--", "/a b/it's", "file:x"])
  }

  @Test("an image that is refused leads to no stick, and back to the others")
  func refused() throws {
    var guide = Guide.withImages
    _ = guide.press(.end, .enter)
    guard case .inspecting(let image) = guide.step else {
      Issue.record("nothing is looked at")
      return
    }
    _ = guide.handle(.inspected(.failed(.declined()), of: "another"))
    _ = guide.handle(.inspected(.known(try KnownImages.refused(image)), of: image))
    #expect(guide.press(.enter, .enter) == [])
    guard case .verdict = guide.step else {
      Issue.record("it went on")
      return
    }
    _ = guide.press(.escape)
    #expect(guide.markedImage == 1)
    // What comes late is not about what is chosen by now.
    _ = guide.handle(.inspected(.failed(.declined()), of: image))
    guard case .image = guide.step else {
      Issue.record("a late answer changed the step")
      return
    }
  }

  @Test("R7: the mark stays with its stick while others come and go, and goes with it")
  func markStays() {
    var guide = Guide.atStick
    _ = guide.handle(.sticks([Sticks.free, Sticks.large]))
    _ = guide.press(.down, .down)
    #expect(guide.markedStick == Sticks.large.id)
    _ = guide.handle(.sticks([Sticks.locked, Sticks.large, Sticks.free]))
    #expect(guide.sticks?.map(\.id) == [Sticks.free.id, Sticks.large.id, Sticks.locked.id])
    #expect(guide.markedStick == Sticks.large.id)
    _ = guide.handle(.sticks([Sticks.locked, Sticks.free]))
    #expect(guide.markedStick == nil && guide.notice?.string.contains("is gone") == true)
    #expect(guide.press(.enter) == [])
    // A twin at the same node has another ID: it is another stick, at the end and without a mark.
    let twin = OfferedStick(
      id: "usb-zzzzzzzz", path: Sticks.free.path, description: Sticks.free.description, place: "", losses: [],
      state: .free)
    _ = guide.press(.end)
    _ = guide.handle(.sticks([Sticks.locked, twin]))
    #expect(guide.markedStick == nil || guide.markedStick == Sticks.locked.id)
  }

  @Test(
    "what is mounted is taken only where it is to be unmounted; what needs more, or is never written, is not")
  func states() {
    var guide = Guide.atStick
    _ = guide.handle(.sticks([Sticks.mounted, Sticks.large, Sticks.locked]))
    #expect(guide.press(.down, .enter) == [])
    #expect(guide.notice?.string.contains("press u") == true)
    let choice = GuideChoice(image: "/home/anna/debian.iso", target: Sticks.mounted.id, unmounts: true)
    #expect(guide.press(.character("u")) == [.finish(choice)])
    #expect(guide.press(.down, .enter) == [])
    #expect(guide.notice?.string.contains("--allow-large --allow-rotational") == true)
    #expect(guide.press(.down, .enter) == [])
    #expect(guide.notice?.string.contains("write protection") == true)
  }

  @Test("paths, URLs and IDs are typed, completed and left")
  func typing() {
    var guide = Guide.withImages
    #expect(guide.type("~/deb") == [] && guide.input?.text == "~/deb")
    #expect(guide.press(.tab) == [.complete("~/deb")])
    _ = guide.handle(.completions(PathCompletion("/other", among: []), of: "~/d"))
    #expect(guide.input?.text == "~/deb")
    _ = guide.handle(.completions(PathCompletion("~/deb", among: ["debian.iso", "debug"]), of: "~/deb"))
    #expect(guide.completions == ["debian.iso", "debug"])
    #expect(guide.press(.escape) == [] && guide.input == nil)
    #expect(guide.handle(.key(.pasted("https://vendor.example/x.iso"))) == [])
    #expect(guide.press(.enter) == [.inspect("https://vendor.example/x.iso")])
    var home = Guide.withImages
    #expect(home.type("~/x.iso") + home.press(.enter) == [.inspect("/home/anna/x.iso")])
    var input = Guide.withImages
    #expect(input.type("-") + input.press(.enter) == [])
    #expect(input.notice != nil)
    var stick = Guide.atStick
    #expect(stick.type("usb-7k2m9x4d") == [])
    #expect(
      stick.press(.enter) == [.finish(GuideChoice(image: "/home/anna/debian.iso", target: "usb-7k2m9x4d"))])
  }

  @Test("q, Ctrl-C and Ctrl-Z are heard at every step")
  func leaving() throws {
    let image = "/home/anna/x.iso"
    let known = InspectionResult.known(try KnownImages.good(image))
    for step in [Guide.Step.image, .inspecting(image), .verdict(known, of: image), .stick(image: image)] {
      var guide = Guide()
      guide.step = step
      #expect(guide.press(.control("z")) == [.suspend])
      #expect(guide.press(.character("q")) == [.cancel])
      #expect(guide.press(.control("c")) == [.cancel])
      #expect(guide.press(.control("d")) == [.cancel])
    }
  }
}

@Suite("The completion of a path")
struct PathCompletionTests {
  @Test(
    "goes as far as all names agree",
    arguments: [
      ("/d/deb", ["debian.iso", "debug.txt", "fedora.iso"], "/d/deb", ["debian.iso", "debug.txt"]),
      ("/d/debi", ["debian.iso", "debug.txt"], "/d/debian.iso", []),
      ("/d/", [".hidden", "only/"], "/d/only/", []), ("/d/.h", [".hidden"], "/d/.hidden", []),
      ("x", ["y"], "x", []), ("", ["äa", "äb"], "ä", ["äa", "äb"]),
    ] as [(String, [String], String, [String])])
  func names(typed: String, names: [String], text: String, several: [String]) {
    let completion = PathCompletion(typed, among: names)
    #expect(completion.text == text && completion.names == several)
  }
}
