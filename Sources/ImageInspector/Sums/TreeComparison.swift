public import BlockIO
import DiskFormats

extension ImageInspector {
  /// Compares the files of an ISO 9660 image with a list of their checksums that lies beside them (R50).
  ///
  /// A file is read once however often it is listed; what the budget of the bytes no longer allows is left out.
  /// - Parameters:
  ///   - bytes: the image.
  ///   - lists: the names that a list may have in the root directory; the first that is there and names a file counts.
  ///   - limit: the longest list, in bytes.
  ///   - read: what a list says.
  /// - Returns: nil where there is no such list, or none of the files in it.
  /// - Throws: ``InspectionError`` where the bytes cannot be had.
  public static func compareTree(
    of bytes: some RandomAccessBytes, lists: [String], limit: Int, _ read: ([UInt8]) -> [ListedFile]
  ) throws(InspectionError) -> TreeSums? {
    do throws(FormatError) {
      let descriptors = try VolumeDescriptorSet(reading: bytes)
      guard let tree = try ISO9660Volume(bytes, descriptors: descriptors)?.bestTree else { return nil }
      let root = try tree.listing(of: tree.root).nodes
      for name in lists {
        guard let node = root.first(where: { $0.name == name }), !node.isDirectory,
          node.byteCount <= UInt64(limit)
        else { continue }
        let contents = tree.contents(of: node)
        guard let text = try? contents.bytes(at: 0, count: Int(contents.byteCount)) else { continue }
        let files = read(text)
        guard !files.isEmpty else { continue }
        var comparison = TreeComparison(tree, list: name, catalog: descriptors.bootCatalogLBA)
        return try comparison.run(files)
      }
      return nil
    } catch {
      if case .unreadable(.system(let call, let offset)) = error { throw .unreadable(call, offset: offset) }
      return nil
    }
  }
}

/// The comparison of a tree with one list.
private struct TreeComparison {
  /// What was read already.
  private struct Content: Hashable {
    let extents: [ExtentBytes.Extent]
    let algorithm: DigestAlgorithm
  }

  private let tree: ISO9660Tree
  private let catalog: UInt32?
  private var paths: TreePaths
  private var sums: TreeSums
  private var digests: [Content: [UInt8]] = [:]

  /// As much of a file as is in memory at once, in bytes.
  private static let step = 1 << 20

  init(_ tree: ISO9660Tree, list: String, catalog: UInt32?) {
    self.tree = tree
    self.catalog = catalog
    paths = TreePaths(tree)
    sums = TreeSums(list: list)
  }

  mutating func run(_ files: [ListedFile]) throws(FormatError) -> TreeSums? {
    for file in files {
      let path = String(decoding: file.path, as: UTF8.self)
      // A list that was made last may name itself, as it was before.
      guard path != sums.list else { continue }
      do throws(FormatError) { try compare(file, path) } catch {
        guard case .unreadable(.budgetExhausted) = error else { throw error }
        sums.leftOutCount += 1
      }
    }
    return sums.matchingCount + sums.wrongCount > 0 ? sums : nil
  }

  private mutating func compare(_ file: ListedFile, _ path: String) throws(FormatError) {
    guard let node = try paths.file(at: path) else {
      sums.missingCount += 1
      return Self.keep(path, in: &sums.missing)
    }
    let contents = tree.contents(of: node)
    switch try digest(of: contents, file.algorithm) {
    case nil: sums.leftOutCount += 1
    case file.digest?: sums.matchingCount += 1
    default:
      if try isMastered(node, contents) {
        sums.leftOutCount += 1
      } else {
        sums.wrongCount += 1
        Self.keep(path, in: &sums.wrong)
      }
    }
  }

  private static func keep(_ path: String, in names: inout [String]) {
    guard names.count < TreeSums.mostNames else { return }
    names.append(String(decoding: path.utf8.prefix(TreeSums.longestName), as: UTF8.self))
  }

  /// - Returns: nil where this machine's libcrypto is forbidden to compute it; no bytes where the image ends too early.
  private mutating func digest(
    of contents: ExtentBytes, _ algorithm: DigestAlgorithm
  ) throws(FormatError) -> [UInt8]? {
    let content = Content(extents: contents.extents, algorithm: algorithm)
    if let known = digests[content] { return known }
    guard var digest = MessageDigest(algorithm) else { return nil }
    guard !contents.isTruncated else { return [] }
    var offset: UInt64 = 0
    while offset < contents.byteCount {
      let count = Int(min(UInt64(Self.step), contents.byteCount - offset))
      let part: [UInt8]
      do throws(ByteReadError) { part = try contents.bytes(at: offset, count: count) } catch {
        throw FormatError(error)
      }
      digest.update(part.span)
      offset += UInt64(count)
    }
    let bytes = digest.finish()
    digests[content] = bytes
    return bytes
  }

  /// Whether mastering the image has changed the file after it was listed: the boot catalog, and boot code that was told
  /// where it lies (the boot information table of mkisofs: the volume's descriptor, the file's block, its length).
  private func isMastered(_ node: ISO9660Node, _ contents: ExtentBytes) throws(FormatError) -> Bool {
    guard let start = contents.start else { return false }
    if let catalog, start == UInt64(catalog) * VolumeDescriptorSet.sectorSize { return true }
    guard contents.byteCount >= 64, let table = try? contents.bytes(at: 8, count: 12) else { return false }
    let reader = ByteReader(table)
    let (volume, block, length): (UInt32, UInt32, UInt32) = (
      try reader.littleEndian(at: 0), try reader.littleEndian(at: 4), try reader.littleEndian(at: 8)
    )
    return volume == 16 && UInt64(block) * tree.blockSize == start && UInt64(length) == contents.byteCount
  }
}
