import StentModel

/// What can be wrong with the chunked coding.
enum ChunkFault: Error {
    case malformedChunk
    case extensionsTooLarge
    case malformedTrailer
    case trailersTooLarge

    func reason(_ side: BodyDecoder.Side) -> Reason {
        switch (side, self) {
        case (.request, .malformedChunk): .requestMalformedChunk
        case (.request, .extensionsTooLarge): .requestChunkExtensionTooLarge
        case (.request, .malformedTrailer): .requestMalformedTrailer
        case (.request, .trailersTooLarge): .requestTrailerTooLarge
        case (.response, .malformedChunk), (.response, .extensionsTooLarge), (.response, .malformedTrailer),
            (.response, .trailersTooLarge):
            .upstreamMalformedChunk
        }
    }
}
