package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/gin-contrib/cors"
	"github.com/gin-gonic/gin"
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

	gin.SetMode(gin.ReleaseMode)
	// gin.Default() without the logger, which writes to standard output.
	router := gin.New()
	router.Use(gin.Recovery())
	router.Use(cors.New(config(policy)))

	router.Match(policy.Methods, "/resource", resource)
	router.Match(policy.Methods, "/protected", requireAuthorization, resource)
	router.GET("/failing", func(c *gin.Context) {
		panic("failing")
	})
	router.GET("/events", func(c *gin.Context) {
		c.Data(http.StatusOK, "text/event-stream", []byte("id: 1\ndata: one\n\nid: 2\ndata: two\n\n"))
	})

	log.Fatal(router.Run("127.0.0.1:" + os.Getenv("PORT")))
}

func config(policy Policy) cors.Config {
	config := cors.Config{
		AllowAllOrigins:     policy.AnyOrigin,
		AllowOrigins:        append(policy.Origins, policy.OriginPatterns...),
		AllowWildcard:       len(policy.OriginPatterns) > 0,
		AllowMethods:        policy.Methods,
		AllowHeaders:        policy.RequestHeaders,
		ExposeHeaders:       policy.ExposedHeaders,
		AllowCredentials:    policy.Credentials,
		MaxAge:              time.Duration(policy.MaxAge) * time.Second,
		AllowPrivateNetwork: policy.PrivateNetwork,
	}
	if policy.NullOrigin {
		// AllowOrigins takes only what begins with a scheme.
		config.AllowOriginFunc = func(origin string) bool {
			return origin == "null" || slices.Contains(policy.Origins, origin)
		}
	}
	return config
}

func resource(c *gin.Context) {
	c.Header("X-Handler", "resource")
	c.Header("X-Total", "42")
	c.Header("X-Trace", "t1")
	c.Writer.Header().Add("Vary", "Accept-Encoding")
	c.Header("Cache-Control", "public, max-age=60")
	c.Data(http.StatusOK, "text/plain", []byte("resource"))
}

func requireAuthorization(c *gin.Context) {
	if c.GetHeader("Authorization") == "" {
		c.Header("WWW-Authenticate", `Basic realm="corspec"`)
		c.AbortWithStatus(http.StatusUnauthorized)
	}
}
