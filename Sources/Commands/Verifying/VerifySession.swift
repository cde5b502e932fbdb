import BlockIO
import BlockMap
import DeviceProbe
import DeviceSafety
import Documents
import ImageInspector
import ImageSource
import ImageTrust
import SystemPackage
import Terminal
import Writer

/// One comparison from end to end.
struct VerifySession {
  let source: ImageOrder
  /// `--member`.
  let member: String?
  let target: String
  /// Whether the bytes of a compressed file are compared, not those in it.
  let asIs: Bool
  /// What must speak for the image.
  let wish: TrustWish
  /// Which parts of the image are compared.
  let map: MapChoice
  let isQuiet: Bool
  let isJSON: Bool
  let context: Context

  private var image: String { source.location.name }
  private var names: RunNames { RunNames(image: image, target: target) }

  /// Compares and tells what was found.
  func run() async -> ExitStatus {
    do throws(Refusal) {
      var opened = try OpenedImage(
        source, member: member, acceptsDevice: true, asIs: asIs, in: context)
      opened.map = try OpenedMap.open(map, of: opened, at: image, keyrings: wish.keyrings, in: context)
      let sought = try SoughtTrust(wish, for: opened, in: context)
      let found = try MediumReader.lookUp(names, in: context)
      let report = try await compare(opened, with: try MediumReader.open(found, names, in: context), sought)
      try sought.require(report.trust, image: image)
      return conclude(report, opened, found, TrustStatement(report.trust, sought, of: opened))
    } catch {
      return context.report(error.diagnostic, json: isJSON ? event(error.diagnostic, nil, nil, []) : nil)
    }
  }

  private func compare(
    _ source: OpenedImage, with medium: consuming MediumReader, _ sought: SoughtTrust
  ) async throws(Refusal) -> VerifyReport {
    let meter = ProgressMeter()
    let form: ProgressReporter.Form = isJSON ? .json : isQuiet ? .none : .text
    let box = OnceBox(medium)
    let claims = ClaimSelection(of: sought.found.claims, taken: [])
    let listeners = sought.listeners()
    let (context, imageByteCount) = (self.context, source.content.length.exactByteCount)
    let moved: ChangeFinder = { head, medium in
      MovedTable.change(of: head, imageByteCount: imageByteCount, on: medium) {
        (try? context.tableExpert())?.expert
      }
    }
    let result = await ProgressReporter.showing(meter, in: context, as: form) {
      () async -> Result<VerifyReport, VerifyError> in
      guard let medium = box.take() else { return .failure(.cancelled) }
      do throws(VerifyError) {
        return .success(
          try await MediumVerifier.verify(
            source.content, against: medium, map: source.map?.map, claims: claims, listeners: listeners,
            changes: moved, progress: meter))
      } catch { return .failure(error) }
    }
    switch result {
    case .success(let report): return report
    case .failure(let error):
      throw Refusal(diagnostic: Diagnostic(error, names, signal: context.stopSignal()))
    }
  }

  private func conclude(
    _ report: VerifyReport, _ source: OpenedImage, _ target: TargetLookup, _ trust: TrustStatement
  ) -> ExitStatus {
    guard report.differences.isEmpty else {
      // What the image is tells which part of the medium differs; without that the offset has to do.
      let image = (try? context.inspect(source.file, asIs ? nil : member).report).map(source.report)
      let places = (image?.areas(of: report.differences) ?? []) + ImageArea.moved(report)
      let mounted = image.map { explainingMounts(report, $0, on: target) } ?? []
      // Of what is packed only the beginning can be looked at, which names nothing.
      let files = source.packed == nil ? context.nameFiles(report.differences.ranges, source.file) : []
      let diagnostic = Diagnostic(
        report.differences, places: places.map(\.text) + files.map(\.text), mounted: mounted.map(\.text),
        mayHideLosses: mounted.contains(where: \.mayHideLosses), names)
      return context.report(
        diagnostic, json: isJSON ? event(diagnostic, report, source.map, places, mounted, trust, files) : nil)
    }
    if isJSON {
      context.stdout.writeLine(event(nil, report, source.map, [], [], trust).line)
    } else if !isQuiet {
      context.stdout.writeLine(sameText(report, source))
      context.stdout.writeLine("  image: \(trust.line)")
    }
    return context.concludeOutput(.done)
  }

  private func explainingMounts(
    _ report: VerifyReport, _ image: ImageReport, on target: TargetLookup
  ) -> [MountTraces.FileSystem] {
    guard let medium = try? MediumReader.open(target, names, in: context) else { return [] }
    return report.differences.mounted(in: image, on: medium)
  }

  private func sameText(_ report: VerifyReport, _ source: OpenedImage) -> SanitizedText {
    let name: SanitizedText = source.packed == nil ? "\(image)" : "what is in \(image)"
    if report.change != nil {
      return
        "\(target) holds \(name), but for the partition table, whose backup was moved to the end of the medium as `burin write --fix-gpt` does; all else is equal"
    }
    guard let map = source.map else {
      return
        "\(target) holds \(name): \(SanitizedText(exactBytes: report.imageByteCount)) read from the medium past every cache, all equal"
    }
    return
      "\(target) holds what is mapped of \(name): \(map.text), read from the medium past every cache, all equal; the rest was not compared"
  }

  private func event(
    _ diagnostic: Diagnostic?, _ report: VerifyReport?, _ map: OpenedMap?, _ places: [ImageArea],
    _ mounted: [MountTraces.FileSystem] = [], _ trust: TrustStatement? = nil,
    _ files: [NamedFile] = []
  ) -> JSONValue {
    let differences = report?.differences
    return [
      "schema": 1, "event": "result", "exitCode": JSONValue(diagnostic?.exit.rawValue ?? 0),
      "diagnostic": diagnostic?.json ?? .null, "image": JSONValue(image), "target": JSONValue(target),
      "map": map?.json ?? .null,
      "same": report.map { .bool($0.differences.isEmpty) } ?? .null,
      "tableMoved": .bool(report?.change != nil),
      "bytesCompared": JSONValue(differences?.comparedByteCount),
      "firstDifference": JSONValue(differences?.firstOffset),
      "differingBytes": JSONValue(differences?.byteCount),
      "differingRanges": JSONValue(differences?.rangeCount),
      "ranges": differences.map {
        .array($0.ranges.map { [JSONValue($0.lowerBound), JSONValue($0.upperBound)] as JSONValue })
      } ?? .null,
      "trust": trust?.json ?? .null, "places": .array(places.map(\.json)),
      "files": .array(files.map(\.json)), "damage": differences.map(\.damage.json) ?? .null,
      "mountedSince": .array(mounted.map(\.json)), "receipt": .null,
      "seconds": JSONValue(report.map { $0.duration / .seconds(1) }),
    ]
  }
}
