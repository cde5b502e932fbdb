import BlockIO
import DiskFormats

extension FuzzTarget {
  /// ISO 9660: descriptors, every tree, the whole walk, the beginning of files.
  public static let iso9660 = FuzzTarget(
    "iso9660", seeds: { [records(HybridImage.build())] },
    run: { input in
      let image = SparseImage(input, blockSize: 2048, blockCount: 4096)
      guard let descriptors = try? VolumeDescriptorSet(reading: image),
        let volume = try? ISO9660Volume(image, descriptors: descriptors)
      else { return }
      _ = (volume.primary.created?.description, volume.primary.modified?.uuid, volume.lastWritten)
      for entry in ((try? volume.rootEntries()) ?? []).prefix(4) where entry.isDirectory {
        _ = try? volume.entries(of: entry)
      }
      for naming in [ISO9660Tree.Naming.rockRidge, .joliet, .enhanced, .plain] {
        guard let tree = volume.tree(naming) else { continue }
        walk(tree)
        _ = try? tree.node(at: "EFI/BOOT/BOOTX64.EFI")
      }
    })

  /// Boot catalogs.
  public static let elTorito = FuzzTarget(
    "el-torito", seeds: { [Array(HybridImage.build()[(20 * 2048)..<(21 * 2048)])] },
    run: { input in
      guard let catalog = try? ElToritoCatalog(reading: input, lba: 0) else { return }
      precondition(catalog.entries.count <= ElToritoCatalog.entryLimit)
      _ = catalog.entries.map { ($0.loadOffset, $0.emulation.floppyByteCount) }
    })

  /// UDF: recognition, the volume and its tree.
  public static let udf = FuzzTarget(
    "udf", seeds: { [records(UDFImage.build())] },
    run: { input in
      let image = SparseImage(input, blockSize: 2048, blockCount: 4096)
      guard let recognition = try? UDFRecognition(reading: image),
        let volume = try? UDFVolume(image, recognition: recognition), let tree = try? volume.tree()
      else { return }
      walk(tree)
      _ = try? tree.node(at: "sources/install.wim")
    })
}

private func records(_ image: [UInt8]) -> [UInt8] { SparseImage.records(of: image, blockSize: 2048) }

/// Walks with small bounds: the fuzzer is to find traps, and the bounds have tests of their own.
private func walk(_ tree: some FileTree) {
  _ = try? TreeWalk(directoryLimit: 32, nodeLimit: 2000).visit(tree) { (node, _) throws(FormatError) in
    guard !node.isDirectory else { return }
    let contents = try tree.contents(of: node)
    _ = (contents.isTruncated, contents.start)
    _ = try contents.prefixReader(at: 0, upTo: 16)
  }
}
