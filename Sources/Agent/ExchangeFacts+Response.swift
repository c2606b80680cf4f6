internal import Basics
internal import BranchStore
internal import Clocks
internal import Sessions

extension ExchangeFacts {
  /// What the hub's answer says, for the store.
  init(_ response: ExchangeResponse) {
    var names: [ReplicaID: String] = [:]
    for entry in response.names { names[entry.replica] = entry.name }
    self.init(
      accepted: response.accepted.map {
        Accepted(
          counter: $0.counter, contentHash: $0.contentHash, position: $0.position,
          clockOffsetMilliseconds: $0.clockOffsetMilliseconds,
          receivedMilliseconds: $0.receivedMilliseconds)
      },
      generation: response.generation, from: response.from, to: response.to,
      vectorDifference: response.vectorDifference, names: names,
      clockOffsetMilliseconds: response.clockOffsetMilliseconds, timestamp: response.timestamp)
    isForAnyone = response.isForAnyone
    isWholeState = response.isWholeState
    logHash = response.logHash == .zero ? nil : response.logHash
    durable = response.durable
    backupNumber = response.backupNumber
    lineage = response.lineage
    lossCount = Int(clamping: response.lossCount)
    notices = response.notices.map {
      BranchNotice(number: $0.number, milliseconds: $0.milliseconds, text: $0.text)
    }
  }
}
