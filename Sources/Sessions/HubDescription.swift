package import Clocks
package import Deltas

/// What a hub is: its log, its schema, its branches.
package struct HubDescription: Hashable, Sendable {
  package var generation: GenerationID
  package var head: LogPosition
  package var schema: Schema
  package var names: [ReplicaName]

  package init(
    generation: GenerationID, head: LogPosition, schema: Schema, names: [ReplicaName]
  ) {
    self.generation = generation
    self.head = head
    self.schema = schema
    self.names = names
  }
}
