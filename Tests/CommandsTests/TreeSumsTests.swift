import BlockIO
import DiskFormats
import ImageInspector
import Sandbox
import SystemPackage
import TestSupport
import Testing

@testable import Commands
@testable import Terminal

/// Images as Debian and Ubuntu master their live systems: with a list of the checksums of all files in them.
@Suite("a list of checksums in an image")
struct TreeSumsTests {
  /// Makes `NAME.iso` of `tree`, of which `md5sum.txt` lists everything that is there before.
  private static let tree = #"""
    mkdir -p tree/isolinux tree/pool/main tree/dists; cd tree
    printf 'the kernel MARKER-A\n' >vmlinuz; printf 'a package MARKER-B\n' >'pool/main/b c.deb'
    ln -s ../pool/main dists/stable; ln -s .. pool/up; ln -s nowhere dangling; ln -s loop loop
    head -c 4000 /dev/urandom >isolinux/boot.bin; head -c 3000000 /dev/urandom >squashfs
    { find . -type f | xargs -d '\n' md5sum; md5sum 'dists/stable/b c.deb' pool/up/vmlinuz; echo '00  note'; } >../list
    cd ..
    master() {
      cp list tree/md5sum.txt
      xorriso -as mkisofs -quiet -R -J -b isolinux/boot.bin -c isolinux/boot.cat -no-emul-boot -boot-load-size 4 \
        -boot-info-table -o $1.iso tree
    }
    # Changes one byte behind a mark.
    flip() {
      at=$(LC_ALL=C grep -abo -m 1 $2 $1.iso | head -n 1 | cut -d : -f 1)
      printf X | dd of=$1.iso bs=1 seek=$((at + ${#2} - 1)) conv=notrunc status=none
    }
    """#

  private func bench(_ script: String) throws -> ScratchDirectory {
    let directory = try ScratchDirectory()
    try directory.run("\(Self.tree)\n\(script)")
    return directory
  }

  /// What was printed, as if no line had been broken.
  private func words(_ world: FakeWorld) -> String {
    world.stdout.text.split { $0.isWhitespace }.joined(separator: " ")
  }

  @Test("R50: every listed file is compared, through links too, and what mastering changes is left out")
  func good() async throws {
    let directory = try bench("master a; gzip -k a.iso")
    let world = FakeWorld()
    #expect(await world.run("check", directory.path + "/a.iso") == 1, "\(world.stderr.text)")
    let text = words(world)
    #expect(text.hasPrefix("internal checksum only"), "\(text)")
    #expect(text.contains("md5sum.txt inside of the image: 5 of its files have their checksums"), "\(text)")
    #expect(text.contains("md5sum.txt inside of the image: 1 were left out"), "\(text)")
    let json = FakeWorld()
    #expect(await json.run("check", directory.path + "/a.iso", "--json") == 1)
    #expect(try JSONOracle.accepts(json.stdout.text))
    let tree =
      #""tree":{"list":"md5sum.txt","matching":5,"wrong":0,"missing":0,"leftOut":1,"names":[]}"#
    #expect(json.stdout.text.contains(tree), "\(json.stdout.text)")
    // Of what is packed only the end is certain, not the places in it.
    let packed = FakeWorld()
    #expect(await packed.run("check", directory.path + "/a.iso.gz") == 1)
    #expect(!words(packed).contains("md5sum.txt"))
  }

  @Test("R50: what is not as listed is named, and wrong unless something from outside speaks for the image")
  func wrong() async throws {
    let directory = try bench(
      """
      master a; cp a.iso b.iso; flip a MARKER-B; cp a.iso c.iso; sha256sum c.iso >c.iso.sha256
      printf '%032d  ./gone\\n%032d  loop\\n%032d  dangling\\n%032d  pool\\n' 0 0 0 0 >>list; master d
      """)
    for (name, status, line, evidence) in [
      ("a", 3, "WRONG", ": pool/main/b c.deb has another checksum"), ("b", 1, "internal checksum only", ""),
      ("c", 0, "checksum matches (unsigned)", ": pool/main/b c.deb has another checksum"),
      ("d", 3, "WRONG", ": gone is not there"),
    ] {
      let world = FakeWorld()
      #expect(await world.run("check", "\(directory.path)/\(name).iso") == status, "\(name)")
      let text = words(world)
      #expect(text.hasPrefix(line) && (evidence.isEmpty || text.contains(evidence)), "\(name): \(text)")
      #expect(world.stderr.text.contains("[internal-checksum-wrong]") == (status == 3), "\(name)")
      if name == "d" { #expect(text.contains(": loop is") && text.contains(": pool is")) }
    }
    // As it is in use: compared by a process that has given everything up.
    let output = try directory.run("\(FakeWorld.program) check a.iso 2>&1 || echo status $?")
    #expect(output.contains("b c.deb has another checksum") && output.contains("status 3"), "\(output)")
    let good = try directory.run("\(FakeWorld.program) check b.iso 2>&1 || echo status $?")
    #expect(good.contains("5 of its files") && good.contains("status 1"), "\(good)")
  }

  @Test("R50: every list counts, so that one with a better digest hides nothing that only another one names")
  func several() async throws {
    let directory = try bench(
      """
      (cd tree; sha256sum vmlinuz squashfs >sha256sum.txt); master a; cp a.iso b.iso; flip b MARKER-B
      cp a.iso c.iso; flip c MARKER-A
      """)
    for (name, status, evidence) in [
      ("a", 1, "md5sum.txt inside of the image: 5 of its files have their checksums"),
      ("b", 3, "md5sum.txt inside of the image: pool/main/b c.deb has another checksum"),
      ("c", 3, "sha256sum.txt inside of the image: vmlinuz has another checksum"),
    ] {
      let world = FakeWorld()
      #expect(await world.run("check", "\(directory.path)/\(name).iso") == status, "\(name)")
      #expect(words(world).contains(evidence), "\(name): \(words(world))")
    }
  }

  @Test("of two lists of the same files, the one with the better digest counts, though each names the other")
  func alike() async throws {
    let directory = try bench(
      """
      sed -n '/note/!p' list | cut -c 35- >names; sed -i '/note/d' list
      (cd tree; xargs -d '\\n' sha256sum <../names >sha256sum.txt; echo "$(printf %064d 0)  sha256sum.txt" \
        >>sha256sum.txt); echo "$(printf %032d 0)  sha256sum.txt" >>list; master a
      """)
    let world = FakeWorld()
    #expect(await world.run("check", directory.path + "/a.iso") == 1, "\(world.stderr.text)")
    #expect(words(world).contains("sha256sum.txt inside of the image: 5 of its files"), "\(words(world))")
  }

  @Test("a list of files that are elsewhere says nothing, beside another one too")
  func others() async throws {
    let directory = try bench(
      """
      (cd tree; printf '%064d  elsewhere/x.deb\\n' 0 >SHA256SUMS); master a
      rm tree/SHA256SUMS; printf '%032d  elsewhere/x.deb\\n' 0 >list; master b
      """)
    let world = FakeWorld()
    #expect(await world.run("check", directory.path + "/a.iso") == 1)
    #expect(words(world).contains("md5sum.txt inside of the image: 5 of its files"))
    let none = FakeWorld()
    #expect(await none.run("check", directory.path + "/b.iso") == 1)
    #expect(words(none).hasPrefix("nothing to check against"))
  }

  @Test("R47: what the process that compares may say is checked, and nothing else is understood")
  func transfer() throws {
    let directory = try bench("master a; flip a MARKER-A")
    let image = try FileBytes(opening: FilePath(directory.path + "/a.iso"))
    let sums = try #require(try ConfinedComparison.compare(image))
    #expect(sums.isWrong && sums.wrong == ["vmlinuz", "pool/up/vmlinuz"])
    for content in [ConfinedAnswer.Content.sums(sums), .sums(nil)] {
      let bytes = ConfinedAnswer(confinement: Confinement(), content: content).bytes
      #expect(try ConfinedAnswer(parsing: bytes).content == content)
      for count in 0..<bytes.count {
        #expect(throws: FormatError.self) { try ConfinedAnswer(parsing: Array(bytes.prefix(count))) }
      }
      #expect(throws: FormatError.self) { try ConfinedAnswer(parsing: bytes + [0]) }
    }
    // More names than there are files with something wrong.
    var bytes = sums.transferBytes
    bytes[4 + 10 + 8] = 0
    #expect(throws: FormatError.self) { try TreeSums(transferBytes: bytes) }
  }
}
