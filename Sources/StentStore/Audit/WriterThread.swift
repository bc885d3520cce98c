import Glibc

/// A thread of the system that runs one closure and ends.
///
/// Not a `Task`: the writer blocks in `write` and `fdatasync`, which a thread of the cooperative pool must not. All
/// signals stay blocked on it, so that they go to the threads that expect them, and a file size limit gives EFBIG
/// instead of SIGXFSZ.
struct WriterThread: Sendable {
    private let thread: pthread_t

    /// - Throws: `AuditStoreError` where the system has no thread to give.
    init(name: String, path: String, body: sending @escaping () -> Void) throws(AuditStoreError) {
        let box = Unmanaged.passRetained(Body(name: name, run: body))
        var every = sigset_t()
        var before = sigset_t()
        sigfillset(&every)
        pthread_sigmask(SIG_SETMASK, &every, &before)  // the new thread inherits the mask
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                setName(body.name)
                body.run()
                return nil
            }, box.toOpaque())
        pthread_sigmask(SIG_SETMASK, &before, nil)
        guard code == 0 else {
            box.release()
            throw AuditStoreError(.startThread, path: path, code: code)
        }
        self.thread = thread
    }

    /// Waits for its end and gives its memory back; once, instead of `abandon`.
    func join() { pthread_join(thread, nil) }

    /// Lets it end by itself.
    func abandon() { pthread_detach(thread) }

    private final class Body {
        let name: String
        let run: () -> Void

        init(name: String, run: sending @escaping () -> Void) {
            self.name = name
            self.run = run
        }
    }
}

/// Names the calling thread for `top -H` and `ps -L`; without `_GNU_SOURCE` there is no `pthread_setname_np` to call.
private func setName(_ name: String) {
    let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = name.withCString { write(descriptor, $0, strlen($0)) }
    close(descriptor)
}
