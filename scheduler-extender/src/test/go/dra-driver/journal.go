package main

import (
	"encoding/json"
	"os"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"
)

// journal is a file with a line of JSON for everything that the driver did with a device.
type journal struct {
	file  *os.File
	mutex *sync.Mutex
}

type entry struct {
	At    time.Time `json:"at"`
	Event string    `json:"event"`
	UID   types.UID `json:"uid"`
	claim
	Why string `json:"why,omitempty"`
}

func openJournal(path string) (journal, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	return journal{file, &sync.Mutex{}}, err
}

func (j journal) write(event string, uid types.UID, claim claim, why string) {
	line, err := json.Marshal(entry{time.Now(), event, uid, claim, why})
	if err == nil {
		j.mutex.Lock()
		defer j.mutex.Unlock()
		_, err = j.file.Write(append(line, '\n'))
	}
	if err != nil {
		klog.Fatalf("the journal was not written: %v", err)
	}
}
