// Package tell is what both electors have in common: what they are told by the environment, and how they tell it.
package tell

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// A Stand is one candidate for one Lease.
type Stand struct {
	Lease    string
	Identity string
}

// Stands reads STANDS: a line "LEASE IDENTITY" for each.
func Stands() []Stand {
	var stands []Stand
	for _, line := range strings.Split(os.Getenv("STANDS"), "\n") {
		lease, identity, _ := strings.Cut(line, " ")
		stands = append(stands, Stand{lease, identity})
	}
	return stands
}

// Seconds reads a variable of the timing.
func Seconds(name string) time.Duration {
	seconds, err := strconv.ParseFloat(os.Getenv(name), 64)
	Must(err)
	return time.Duration(seconds * float64(time.Second))
}

var writing sync.Mutex

// Event writes one line. Of the machine's monotonic clock, which all processes share.
func Event(event string, stand Stand) {
	line, _ := json.Marshal(map[string]any{
		"event": event, "at": monotonic(), "lease": stand.Lease, "identity": stand.Identity,
	})
	writing.Lock()
	defer writing.Unlock()
	os.Stdout.Write(append(line, '\n'))
}

// Must ends the process where there is an error.
func Must(err error) {
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
}

const clockMonotonic = 1

// Go's own monotonic time counts from the start of the process.
func monotonic() float64 {
	var now syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&now)), 0)
	return float64(now.Sec)*1e3 + float64(now.Nsec)/1e6
}
