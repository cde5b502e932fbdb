import BlockIO
import DeviceProbe
import Testing

@testable import DeviceSafety

@Suite("What the person has to give")
struct ConsentTests {
  private static let id = "usb-k7f2m9qd"

  private static func objection(_ id: Objection.ID, _ severity: SafetyClass) -> Objection {
    Objection(id, severity, rule: "R0", text: "")
  }

  private func required(
    _ objections: [Objection], serial: String? = "4C5300", namedBy argument: TargetArgument = .path("/dev/x")
  ) -> Consent? {
    SafetyPolicy.requiredConsent(
      for: Assessment(objections: objections), id: Self.id, serial: serial, namedBy: argument)
  }

  @Test("class A asks for the ID, and naming the disk by its ID spares --confirm")
  func classA() throws {
    #expect(required([]) == Consent(id: Self.id, isNamedByID: false))
    #expect(required([], namedBy: TargetArgument(parsing: Self.id))?.isNamedByID == true)
    #expect(required([], namedBy: TargetArgument(parsing: "usb-k7f2m9qe"))?.isNamedByID == false)
    #expect(required([], namedBy: .path(Self.id))?.isNamedByID == false)
    #expect(required([], namedBy: .virtualStick(path: Self.id))?.isNamedByID == false)
    #expect(required([], serial: nil) == Consent(id: Self.id, isNamedByID: false))
  }

  @Test("class B asks for each option once besides")
  func classB() {
    let objections = [
      Self.objection(.large, .b), Self.objection(.fixedMedium, .b), Self.objection(.large, .b),
    ]
    let expected = Consent(
      id: Self.id, isNamedByID: false, options: ["--allow-large", "--allow-fixed"], serial: nil)
    #expect(required(objections) == expected)
  }

  @Test("class C asks for the serial number besides, and there is no consent without one")
  func classC() {
    let objections = [Self.objection(.internalDisk, .c), Self.objection(.large, .b)]
    let expected = Consent(
      id: Self.id, isNamedByID: false, options: ["--allow-internal", "--allow-large"], serial: "4C5300")
    #expect(required(objections) == expected)
    #expect(required(objections, serial: nil) == nil)
  }

  @Test("class X: nothing suffices", arguments: Objection.ID.allCases)
  func classX(id: Objection.ID) {
    #expect(required([Self.objection(id, .x)]) == nil)
    #expect(required([Self.objection(id, .x)], namedBy: TargetArgument(parsing: Self.id)) == nil)
  }

  private static let byPath = Consent(id: id, isNamedByID: false)
  private static let byID = Consent(id: id, isNamedByID: true)
  private static let withSerial = Consent(id: id, isNamedByID: true, serial: "4C5300")

  @Test(
    "what is given is compared with what is asked for, to the letter",
    arguments: [
      (byPath, .typed(id: id), nil),
      (byPath, .typed(id: ""), .id(expected: id, found: "")),
      (byPath, .typed(id: "y"), .id(expected: id, found: "y")),
      (byPath, .typed(id: "USB-K7F2M9QD"), .id(expected: id, found: "USB-K7F2M9QD")),
      (byPath, .typed(id: id + " "), .id(expected: id, found: id + " ")),
      (byID, .typed(id: "yes"), .id(expected: id, found: "yes")),
      (byPath, .assumed(), .id(expected: id, found: nil)),
      (byPath, .assumed(confirmed: id), nil),
      (byPath, .assumed(confirmed: "usb-00000000"), .id(expected: id, found: "usb-00000000")),
      (byID, .assumed(), nil),
      (byID, .assumed(confirmed: id), nil),
      // An ID that was given and is wrong is not made good by the target's name.
      (byID, .assumed(confirmed: "usb-00000000"), .id(expected: id, found: "usb-00000000")),
      (withSerial, .typed(id: id), .serial(expected: "4C5300", found: nil)),
      (withSerial, .typed(id: id, serial: "4c5300"), .serial(expected: "4C5300", found: "4c5300")),
      (withSerial, .typed(id: id, serial: "4C5300"), nil),
      (withSerial, .typed(id: "4C5300", serial: "4C5300"), .id(expected: id, found: "4C5300")),
      (withSerial, .assumed(), .serial(expected: "4C5300", found: nil)),
      (withSerial, .assumed(serial: ""), .serial(expected: "4C5300", found: "")),
      (withSerial, .assumed(serial: "4C5300"), nil),
      (byID, .typed(id: id, serial: "unasked"), nil),
    ] as [(Consent, DeviceSafety.Confirmation, ConsentLack?)])
  func lacks(consent: Consent, confirmation: DeviceSafety.Confirmation, expected: ConsentLack?) {
    #expect(consent.lack(in: confirmation) == expected)
  }
}

/// A disk, and what the classes of the specification make of it.
struct ClassCase: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let expected: SafetyClass
  let options: [String]
  let make: @Sendable () -> DeviceSnapshot

  init(
    _ name: String, _ expected: SafetyClass, _ options: [String] = [],
    _ make: @escaping @Sendable () -> DeviceSnapshot
  ) {
    testDescription = name
    self.expected = expected
    self.options = options
    self.make = make
  }

  /// A disk of a transport, changed.
  static func disk(
    _ name: String, _ transport: Transport, _ expected: SafetyClass, _ options: [String] = [],
    _ change: @escaping @Sendable (inout BlockDevice) -> Void = { _ in }
  ) -> ClassCase {
    ClassCase(name, expected, options) {
      var disk = Machine.disk(transport: transport)
      change(&disk)
      return DeviceSnapshot(devices: [disk])
    }
  }

  static let all: [ClassCase] = [
    disk("a USB stick", .usb, .a),
    disk("an SD card, whatever the reader says of removal", .sd, .a) { $0.isRemovable = false },
    disk("a USB hard disk behind UAS", .usb, .b, ["--allow-large", "--allow-fixed", "--allow-rotational"]) {
      $0.byteCount = 2 << 40
      $0.isRemovable = false
      $0.usb?.driver = "uas"
    },
    disk("a large stick", .usb, .b, ["--allow-large"]) { $0.byteCount = 512 << 30 },
    disk("an NVMe disk behind Thunderbolt", .thunderbolt, .b, ["--allow-external"]) {
      $0.isRotational = false
    },
    disk("a SATA disk that calls itself removable", .sata, .c, ["--allow-internal"]),
    disk("an NVMe disk", .nvme, .c, ["--allow-internal", "--allow-large"]) { $0.byteCount = 1 << 40 },
    disk("soldered flash", .mmc, .c, ["--allow-internal"]) { $0.mmcType = "MMC" },
    disk("a built-in USB disk", .usb, .c, ["--allow-internal"]) { $0.usb?.removable = "fixed" },
    disk("an empty reader", .usb, .x) { $0.byteCount = 0 },
    disk("a write-protected stick", .usb, .x) { $0.isReadOnly = true },
    disk("an optical drive", .optical, .x),
    disk("a loop device without the test option", .loop, .x) {
      $0.virtual = .loop(path: "/a", fileSystem: nil, node: nil)
    },
    ClassCase("a stick in use", .x) {
      Machine.idle().with { $0.mounts = [Machine.mount(Machine.stick, "/a")] }
    },
    ClassCase("a SATA disk in use", .x, ["--allow-internal"]) {
      DeviceSnapshot(
        devices: [Machine.disk(transport: .sata)], mounts: [Machine.mount(Machine.stick, "/a")])
    },
  ]
}

@Suite("The classes A, B, C and X")
struct ClassTests {
  @Test("each kind of disk is of its class and asks for its options", arguments: ClassCase.all)
  func classes(example: ClassCase) throws {
    let assessment = try assess(example.make())
    #expect(assessment.safetyClass == example.expected)
    #expect(assessment.objections.compactMap(\.liftingOption) == example.options)
    #expect(assessment.isSelectable == (example.expected <= .b))
    // The options lift what they name and nothing else.
    let rest = assessment.lifting(Set(Objection.ID.allCases))
    #expect(rest.objections.isEmpty == (example.expected != .x))
  }

  @Test("the gravest objection comes first and decides")
  func order() throws {
    let assessment = try assess(
      Machine.idle().withStick {
        $0.byteCount = 1 << 40
        $0.transport = .sata
      }.with { $0.mounts = [Machine.mount(Machine.stick, "/a")] })
    #expect(assessment.ids == [.mounted, .internalDisk, .large])
    #expect(SafetyClass.allCases == SafetyClass.allCases.sorted())
  }
}
