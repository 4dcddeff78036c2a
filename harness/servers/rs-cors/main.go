package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"

	"github.com/rs/cors"
)

// The policy that corspec asks for.
type Policy struct {
	AnyOrigin      bool     `json:"any_origin"`
	Origins        []string `json:"origins"`
	OriginPatterns []string `json:"origin_patterns"`
	NullOrigin     bool     `json:"null_origin"`
	Methods        []string `json:"methods"`
	RequestHeaders []string `json:"request_headers"`
	ExposedHeaders []string `json:"exposed_headers"`
	Credentials    bool     `json:"credentials"`
	MaxAge         int      `json:"max_age"`
	PrivateNetwork bool     `json:"private_network"`
}

func main() {
	var policy Policy
	if err := json.Unmarshal([]byte(os.Getenv("CORSPEC_POLICY")), &policy); err != nil {
		log.Fatal(err)
	}

	mux := http.NewServeMux()
	mux.HandleFunc("/resource", resource)
	mux.HandleFunc("/events", events)
	mux.Handle("/protected", requireAuthorization(http.HandlerFunc(resource)))
	mux.HandleFunc("/failing", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "failing", http.StatusInternalServerError)
	})

	handler := cors.New(options(policy)).Handler(mux)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), handler))
}

func options(policy Policy) cors.Options {
	options := cors.Options{
		AllowedOrigins:      append(policy.Origins, policy.OriginPatterns...),
		AllowedMethods:      policy.Methods,
		AllowedHeaders:      policy.RequestHeaders,
		ExposedHeaders:      policy.ExposedHeaders,
		AllowCredentials:    policy.Credentials,
		MaxAge:              policy.MaxAge,
		AllowPrivateNetwork: policy.PrivateNetwork,
	}
	if policy.AnyOrigin {
		options.AllowedOrigins = []string{"*"}
	}
	if policy.NullOrigin {
		options.AllowedOrigins = append(options.AllowedOrigins, "null")
	}
	if policy.MaxAge == 0 {
		// 0 stands for no Access-Control-Max-Age, a negative value for that of 0.
		options.MaxAge = -1
	}
	return options
}

func resource(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", "text/plain")
	header.Set("X-Handler", "resource")
	header.Set("X-Total", "42")
	header.Set("X-Trace", "t1")
	header.Add("Vary", "Accept-Encoding")
	header.Set("Cache-Control", "public, max-age=60")
	io.WriteString(w, "resource")
}

func requireAuthorization(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			w.Header().Set("WWW-Authenticate", `Basic realm="corspec"`)
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	io.WriteString(w, "id: 1\ndata: one\n\nid: 2\ndata: two\n\n")
}
