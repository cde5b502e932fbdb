import Documents

extension FuzzTarget {
  /// Receipts, which may come from anybody.
  public static let receipt = FuzzTarget(
    "receipt",
    seeds: {
      let proven = """
        {"schema": 1, "kind": "write-receipt", "burin": "0.1.0", "time": 1763713812, "target":
        {"id": "usb-7k2m9x4d", "path": "/dev/sdb", "name": null, "serial": null, "bytes": 9, "logicalBlockSize": 512},
        "result": "proven", "diagnostic": null,
        "image": {"name": "a.iso", "bytes": 1300001, "sha256": null, "whole": true},
        "trust": null, "notProven": ["a"], "rewritten": {"bytes": 1, "first": 2, "ranges": [[2, 3]]},
        "gpt": {"result": "moved", "differs": [[1, 2]], "left": null},
        "replug": {"state": "equal", "found": null, "differences": null, "mountedSince": [], "refused": [],
        "seconds": 0.5},
        "chunks": {"digest": "xxh3-128", "pieceBytes": 4194304, "extents": [[0, 1048576], [1048576, 1302528]],
        "digests": "99aa06d3014798d86001c324468d497f99aa06d3014798d86001c324468d497f"}}
        """
      let failed = """
        {"schema": 1, "kind": "write-receipt", "burin": "0.1.0", "time": 1, "target":
        {"id": null, "path": "/dev/sdb", "name": "a", "serial": "1", "bytes": 9, "logicalBlockSize": 512},
        "result": "failed", "diagnostic": "medium-differs",
        "image": {"name": "a.iso", "bytes": null, "sha256": null, "whole": null},
        "trust": {"result": "nothing", "line": "a", "evidence": ["a"], "claims": [], "signatures": [],
        "internal": null, "tree": null},
        "notProven": [], "rewritten": null, "gpt": null, "replug": null, "chunks": null}
        """
      return [proven, failed].map { Array($0.utf8) }
    },
    run: { bytes in
      do throws(ReceiptDamage) { _ = try Receipt(parsing: bytes) } catch { return }
      precondition(bytes.count <= JSONParser.largestInput, "longer than what is read")
    })
}
