// The entry "./test".
import { expect } from 'vitest'
import { matchers } from './fixtures/matchers.ts'

expect.extend(matchers)

export { afterAll, afterEach, beforeAll, beforeEach, describe, expect, vi } from 'vitest'
export { SocketWrapperError, type ErrorCode, type ErrorDetails } from './errors.ts'
export { test, test as it, type SocketWrapperFixtures } from './fixtures/test.ts'
export type { ChannelOptions, Host, Network, NetworkFinding } from './fixtures/network.ts'
export type { NetworkSocket } from './fixtures/sockets.ts'
export type { Checkpoint, Difference } from './analysis/growth.ts'
export type { SocketMatchers } from './fixtures/matchers.ts'
export type { PassEnd, PassFilter } from './fixtures/passes.ts'
export type { SocketHolder } from './process/holders.ts'
export type { PassView, PassView as Pass, SocketView, Timeline } from './journal/timeline.ts'
export type { Channel, ChannelListener, ChannelType, Message, Received, Sendable } from './network/channel.ts'
export type { ForkOptions, SpawnOptions, StdioEntry } from './process/launch.ts'
export type { Exit, Readiness, Ready } from './process/ready.ts'
export type { Output } from './process/output.ts'
export type { Running } from './process/running.ts'
export type { JournalEvent } from './wire/events.ts'
export type { RuleId, RuleLevel } from './rules.ts'
export type { SocketAddress, SocketInfo, SocketState } from './wire/info.ts'
