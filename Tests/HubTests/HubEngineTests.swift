import Hub
import Testing

@Suite struct HubEngineTests {}
