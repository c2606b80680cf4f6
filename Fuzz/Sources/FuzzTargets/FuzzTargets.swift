/// The properties that need nothing but the product's own modules.
package enum FuzzTargets {
  package static let all: [any FuzzTarget.Type] = [
    AttachTarget.self, BlockTarget.self, ChangesetTarget.self, CompressedTarget.self,
    ConflictsTarget.self,
    DamagedChangesetTarget.self, DamagedDeltaTarget.self, DeltaTarget.self, HubTarget.self,
    KeyTarget.self,
    LineageTarget.self,
    MergeTarget.self, MessageTarget.self, PolicyTarget.self, SchemaTarget.self,
    SchemaSQLTarget.self, TokenTarget.self,
  ]
}
