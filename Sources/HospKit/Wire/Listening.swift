import NIOCore
import NIOHTTP1
import NIOPosix

/// How the simulator's ports listen.
enum Listening {
    /// A listener whose connections become conversations with `owner`.
    ///
    /// The reader is NIO's, which is llhttp: as liberal with names and targets as the server in front of HOSP. The answers are written by
    /// the simulator itself, because many of them must not be HTTP.
    ///
    /// - Parameter owner: called on the event loop.
    static func bootstrap(
        _ group: any EventLoopGroup, _ eventLoop: any EventLoop, owner: @escaping @Sendable () -> any ConversationOwner
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)),
                        Conversation(owner: owner()),
                    ])
                }
            }
    }
}
