import DeviceProbe
import UndoStore

extension FuzzTarget {
  /// What a write notes for `burin resume`: whoever owns the state directory may have changed it.
  public static let runs = FuzzTarget(
    "runs",
    seeds: {
      let disk = DiskFingerprint(
        kind: .disk(HardwareIdentity(vendor: "A", model: "B", serial: "4C53", wwn: nil)),
        transport: "usb",
        port: "1-2", path: "/dev/sdb", byteCount: 1 << 30, logicalBlockSize: 512,
        physicalBlockSize: 4096,
        diskSequence: 7, bootID: "0")
      return ["undo-00000000", nil].map {
        var run = RunRecord(
          disk: disk, time: 1, image: "/a.iso", undo: $0, order: Array(#"{"schema":1}"#.utf8))
        run.id = "run-00000000"
        return run.description
      }
    },
    run: { bytes in
      _ = try? StoredRun(parsing: bytes, id: "run-00000000")
      guard let run = try? RunRecord(parsing: bytes) else { return }
      precondition(run.order.count <= bytes.count, "more than there was")
      let again = try? RunRecord(parsing: run.description)
      precondition(again?.order == run.order && again?.disk == run.disk, "what was written is not read back")
    })
}
