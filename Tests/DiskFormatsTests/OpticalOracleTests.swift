import BlockIO
import DiskFormats
import SystemPackage
import TestSupport
import Testing

/// Our readers against images of independent mastering tools, their listings as the oracle.
@Suite("ISO 9660 and UDF as mastered by other tools")
struct OpticalOracleTests {
  private static let files = """
    mkdir -p tree/EFI/BOOT tree/deep/a/b/c/d/e/f/g/h/i/j tree/many tree/sources
    echo hello > 'tree/A long name with spaces.text'
    echo deep > tree/deep/a/b/c/d/e/f/g/h/i/j/file
    head -c 100000 /dev/urandom > tree/EFI/BOOT/BOOTX64.EFI
    for i in $(seq 300); do echo $i > tree/many/file-$i; done
    ln -s ../EFI tree/link
    : > tree/sources/empty
    echo long > tree/$(printf 'n%.0s' $(seq 230))
    """

  private func master(_ script: String) throws -> (ScratchDirectory, FileBytes) {
    let scratch = try ScratchDirectory()
    try scratch.run(Self.files + "\n" + script)
    return (scratch, try FileBytes(opening: FilePath("\(scratch.path)/image.iso")))
  }

  /// Paths of all files and directories below the root.
  private func paths<Tree: FileTree>(_ tree: Tree, in directory: Tree.Node, under path: String) throws -> Set<
    String
  > {
    var result: Set<String> = []
    let listing = try tree.listing(of: directory)
    #expect(listing.anomalies == [])
    for node in listing.nodes {
      result.insert(path + "/" + node.name)
      if node.isDirectory { result.formUnion(try paths(tree, in: node, under: path + "/" + node.name)) }
    }
    return result
  }

  private func expected(_ scratch: ScratchDirectory) throws -> Set<String> {
    Set(try scratch.run("cd tree && find . -mindepth 1 | cut -c2-").split(separator: "\n").map(String.init))
  }

  private func checkLoader<Tree: FileTree>(_ tree: Tree, _ scratch: ScratchDirectory) throws {
    let node = try #require(try tree.node(at: "efi/boot/bootx64.efi"))
    let contents = try tree.contents(of: node)
    let original = try scratch.contents("tree/EFI/BOOT/BOOTX64.EFI")
    #expect(try contents.bytes(at: 0, count: Int(contents.byteCount)) == original)
  }

  @Test(
    "Rock Ridge names, relocated directories included",
    .enabled(if: ScratchDirectory.hasTool("xorriso") && ScratchDirectory.hasTool("genisoimage")),
    arguments: [
      "xorriso -as mkisofs -R -J -joliet-long -V RIDGE -o image.iso tree",
      "xorriso -as mkisofs -iso-level 1 -R -V RIDGE -o image.iso tree",
      "genisoimage -quiet -R -J -V RIDGE -o image.iso tree",
    ])
  func rockRidge(_ script: String) throws {
    let (scratch, bytes) = try master(script)
    let volume = try #require(
      try ISO9660Volume(bytes, descriptors: VolumeDescriptorSet(reading: bytes)))
    #expect(volume.hasRockRidge)
    #expect(volume.primary.volumeIdentifier == "RIDGE")
    let tree = try #require(volume.bestTree)
    #expect(try paths(tree, in: tree.root, under: "").subtracting(["/rr_moved"]) == expected(scratch))
    #expect(try tree.node(at: "link")?.linkTarget == "../EFI")
    try checkLoader(tree, scratch)
  }

  @Test(
    "Joliet names alone", .enabled(if: ScratchDirectory.hasTool("genisoimage")))
  func joliet() throws {
    let (scratch, bytes) = try master("rm -r tree/nnn* tree/deep && genisoimage -quiet -J -o image.iso tree")
    let volume = try #require(
      try ISO9660Volume(bytes, descriptors: VolumeDescriptorSet(reading: bytes)))
    #expect(!volume.hasRockRidge)
    let tree = try #require(volume.bestTree)
    #expect(tree.naming == .joliet)
    #expect(
      try paths(tree, in: tree.root, under: "").subtracting(["/link"])
        == expected(scratch).subtracting(["/link"]))
    try checkLoader(tree, scratch)
  }

  @Test(
    "ISO 9660:1999 names alone", .enabled(if: ScratchDirectory.hasTool("genisoimage")))
  func enhanced() throws {
    let (scratch, bytes) = try master("rm tree/nnn* && genisoimage -quiet -iso-level 4 -o image.iso tree")
    let volume = try #require(
      try ISO9660Volume(bytes, descriptors: VolumeDescriptorSet(reading: bytes)))
    #expect(volume.descriptors.enhanced != nil)
    let tree = try #require(volume.bestTree)
    #expect(tree.naming == .enhanced)
    try checkLoader(tree, scratch)
  }

  @Test(
    "a UDF bridge is read through UDF", .enabled(if: ScratchDirectory.hasTool("genisoimage")))
  func bridge() throws {
    let (scratch, bytes) = try master(
      "rm -r tree/deep tree/nnn* tree/link && genisoimage -quiet -udf -V BRIDGE -o image.iso tree")
    let recognition = try #require(try UDFRecognition(reading: bytes))
    #expect(!recognition.isSecondGeneration)
    #expect(recognition.anchorOffset == 256 * 2048)
    let volume = try #require(try UDFVolume(bytes, recognition: recognition))
    #expect(volume.revision == "1.02")
    #expect(volume.volumeIdentifier == "BRIDGE")
    let tree = try #require(try volume.tree())
    #expect(try paths(tree, in: tree.root, under: "") == expected(scratch))
    try checkLoader(tree, scratch)
  }

  @Test(
    "UDF without ISO 9660, of every revision and block size",
    .enabled(if: ScratchDirectory.hasTool("mkudffs")),
    arguments: ["1.02", "1.50", "2.00", "2.01"], [512, 2048, 4096])
  func plainUDF(_ revision: String, _ blockSize: Int) throws {
    let scratch = try ScratchDirectory()
    try scratch.run(
      "truncate -s 8M image.iso && mkudffs -b \(blockSize) -r \(revision) -l Ümlaut image.iso >/dev/null")
    let bytes = try FileBytes(opening: FilePath("\(scratch.path)/image.iso"))
    let recognition = try #require(try UDFRecognition(reading: bytes))
    #expect(recognition.sectorSize == UInt64(blockSize))
    #expect(recognition.isSecondGeneration == revision.hasPrefix("2"))
    let volume = try #require(try UDFVolume(bytes, recognition: recognition))
    #expect(volume.revision == revision)
    #expect(volume.volumeIdentifier == "Ümlaut")
    let tree = try #require(try volume.tree())
    let listing = try tree.listing(of: tree.root)
    #expect(listing.anomalies == [])
    #expect(listing.nodes.allSatisfy { $0.name == "lost+found" })
  }
}
